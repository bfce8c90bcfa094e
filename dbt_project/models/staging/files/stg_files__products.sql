{{ config(unique_key='product_id') }}

with

versions as (
    {{ newest_versions(source('files', 'products'), {'id': 'product_id'}) }}
)

select
    id as product_id,
    name as product_name,
    family as product_family,
    cast(list_price as decimal(18, 2)) as list_price_amount,
    {{ version_columns() }}
from versions
