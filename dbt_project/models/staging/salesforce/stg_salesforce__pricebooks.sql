{{ config(unique_key='pricebook_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'pricebooks'), {'id': 'pricebook_id'}) }}
)

select
    id as pricebook_id,
    name as pricebook_name,
    description,
    is_standard,
    is_active,
    is_archived,
    {{ utc('created_date') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions
