{{ config(unique_key='user_id') }}

with

versions as (
    {{ newest_versions(source('zoom', 'users'), {'id': 'user_id'}) }}
)

select
    id as user_id,
    nullif(trim(concat_ws(' ', first_name, last_name)), '') as user_name,
    lower(email) as email,
    type as license_type,
    status,
    dept as department,
    timezone as time_zone,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions
