{{ config(unique_key='product_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'products'), {'id': 'product_id'}) }}
)

select
    id as product_id,
    name as product_name,
    family as product_family,
    product_code,
    is_active,
    cast(list_price_c as decimal(18, 2)) as list_price_amount,
    {{ version_columns() }}
from versions
