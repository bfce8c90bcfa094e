{{ config(unique_key='opportunity_product_id') }}

with

versions as (
    {{ newest_versions(
        source('dynamics', 'opportunity_products'),
        {'id': 'opportunity_product_id'},
    ) }}
)

select
    id as opportunity_product_id,
    opportunityid as opportunity_id,
    productid as product_id,
    cast(quantity as double) as quantity,
    cast(priceperunit as decimal(18, 2)) as unit_price_original,
    cast(extendedamount as decimal(18, 2)) as total_amount_original,
    transactioncurrencyid as currency_id,
    {{ version_columns() }}
from versions
