{{ config(unique_key='product_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'products'), {'id': 'product_id'}) }}
)

select
    id as product_id,
    name as product_name,
    family as product_family,
    hs_sku as product_code,
    cast(price as decimal(18, 2)) as list_price_amount,
    {{ version_columns() }}
from versions
