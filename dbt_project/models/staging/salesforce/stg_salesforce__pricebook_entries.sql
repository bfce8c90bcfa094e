{{ config(unique_key='pricebook_entry_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'pricebook_entries'), {'id': 'pricebook_entry_id'}) }}
)

select
    id as pricebook_entry_id,
    pricebook2_id as pricebook_id,
    product2_id as product_id,
    product_code,
    cast(unit_price as decimal(18, 2)) as unit_price_original,
    currency_iso_code as currency_code,
    use_standard_price as is_standard_price,
    is_active,
    is_archived,
    {{ utc('created_date') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions
