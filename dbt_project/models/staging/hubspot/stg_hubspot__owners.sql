{{ config(unique_key=['user_id', 'version_at']) }}

with

versions as (
    {{ newest_versions(
        source('hubspot', 'owners'),
        {'id': 'user_id', '_version_at': 'version_at'},
    ) }}
)

select
    id as user_id,
    {{ utc('_version_at') }} as version_at,
    nullif(trim(concat_ws(' ', first_name, last_name)), '') as rep_name,
    lower(email) as rep_username,
    team_name,
    not coalesce(archived, false) as is_active,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions
