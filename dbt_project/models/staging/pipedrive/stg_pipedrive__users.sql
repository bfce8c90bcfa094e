{{ config(unique_key=['user_id', 'version_at']) }}

with

versions as (
    {{ newest_versions(
        source('pipedrive', 'users'),
        {'id': 'user_id', '_version_at': 'version_at'},
    ) }}
)

select
    id as user_id,
    {{ utc('_version_at') }} as version_at,
    name as rep_name,
    lower(email) as rep_username,
    team_id,
    team_name,
    manager_id,
    active_flag and not coalesce(is_deleted, false) as is_active,
    {{ utc('created') }} as created_at,
    {{ version_columns() }}
from versions
