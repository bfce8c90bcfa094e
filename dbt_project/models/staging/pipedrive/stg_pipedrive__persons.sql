{{ config(unique_key='contact_id') }}

with

versions as (
    {{ newest_versions(source('pipedrive', 'persons'), {'id': 'contact_id'}) }}
)

select
    id as contact_id,
    org_id as account_id,
    name as contact_name,
    lower(email) as email,
    phone,
    job_title as title,
    owner_id,
    cast(null as varchar) as merged_into_id,
    cast(null as varchar) as merged_ids,
    {{ utc('add_time') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions
