{{ config(unique_key='line_item_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'line_items'), {'id': 'line_item_id'}) }}
)

select
    id as line_item_id,
    deal_id as opportunity_id,
    hs_product_id as product_id,
    name as product_name,
    hs_sku as product_code,
    cast(quantity as double) as quantity,
    cast(price as decimal(18, 2)) as unit_price_amount_original,
    cast(amount as decimal(18, 2)) as total_amount_original,
    hs_line_item_currency_code as currency_code,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions
