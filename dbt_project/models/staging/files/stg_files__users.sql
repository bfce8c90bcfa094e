{{ config(unique_key=['user_id', 'version_at']) }}

with

versions as (
    {{ newest_versions(source('files', 'users'), {'id': 'user_id', '_version_at': 'version_at'}) }}
)

select
    id as user_id,
    {{ utc('_version_at') }} as version_at,
    name as rep_name,
    lower(email) as rep_username,
    role,
    team as team_name,
    region as region_name,
    manager as manager_name,
    hired_on as hired_date,
    {{ version_columns() }}
from versions
