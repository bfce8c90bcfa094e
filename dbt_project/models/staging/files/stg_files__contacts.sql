{{ config(unique_key='contact_id') }}

with

versions as (
    {{ newest_versions(source('files', 'contacts'), {'id': 'contact_id'}) }}
)

select
    id as contact_id,
    account_id,
    nullif(trim(concat_ws(' ', first_name, last_name)), '') as contact_name,
    lower(email) as email,
    phone,
    title,
    cast(null as varchar) as merged_into_id,
    cast(null as varchar) as merged_ids,
    {{ utc('created_at') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions
