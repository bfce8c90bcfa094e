{{ config(unique_key=['user_id', 'version_at']) }}

with

versions as (
    {{ newest_versions(
        source('salesforce', 'users'),
        {'id': 'user_id', '_version_at': 'version_at'},
    ) }}
)

select
    id as user_id,
    {{ utc('_version_at') }} as version_at,
    nullif(trim(concat_ws(' ', first_name, last_name)), '') as rep_name,
    lower(username) as rep_username,
    sales_role_c as role,
    team_c as team_name,
    region_c as region_name,
    manager_id,
    hire_date_c as hired_date,
    is_active,
    {{ utc('created_date') }} as created_at,
    {{ version_columns() }}
from versions
