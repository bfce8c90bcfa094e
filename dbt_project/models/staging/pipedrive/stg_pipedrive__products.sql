{{ config(unique_key='product_id') }}

with

versions as (
    {{ newest_versions(source('pipedrive', 'products'), {'id': 'product_id'}) }}
)

select
    id as product_id,
    name as product_name,
    category as product_family,
    code as product_code,
    cast(case when currency = '{{ company_currency() }}' then price end as decimal(18, 2))
        as list_price_amount,
    {{ version_columns() }}
from versions
