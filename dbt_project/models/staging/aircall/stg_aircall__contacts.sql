{{ config(unique_key='contact_id') }}

with

versions as (
    {{ newest_versions(source('aircall', 'contacts'), {'id': 'contact_id'}) }}
)

select
    id as contact_id,
    nullif(trim(concat_ws(' ', first_name, last_name)), '') as contact_name,
    company_name,
    phone_numbers,
    emails,
    is_shared,
    {{ utc('created_at') }} as created_at,
    {{ utc('updated_at') }} as updated_at,
    {{ version_columns() }}
from versions
