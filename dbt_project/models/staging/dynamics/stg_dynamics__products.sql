{{ config(unique_key='product_id') }}

with

versions as (
    {{ newest_versions(source('dynamics', 'products'), {'id': 'product_id'}) }}
)

select
    id as product_id,
    name as product_name,
    parentproductid_label as product_family,
    productnumber as product_code,
    coalesce(productstructure = 2, false) as is_family,
    statecode = 0 as is_active,
    cast(price as decimal(18, 2)) as list_price_amount,
    {{ version_columns() }}
from versions
