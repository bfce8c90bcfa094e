{{ config(unique_key='user_id') }}

with

versions as (
    {{ newest_versions(source('seismic', 'users'), {'id': 'user_id'}) }}
)

select
    id as user_id,
    username,
    full_name as user_name,
    lower(email) as email,
    title,
    department,
    business_unit,
    manager_id as manager_user_id,
    license_type,
    external_id,
    is_deactivated,
    is_system_admin,
    {{ utc('deactivated_at') }} as deactivated_at,
    {{ utc('created_at') }} as created_at,
    {{ utc('modified_at') }} as updated_at,
    {{ version_columns() }}
from versions
