{{ config(unique_key='team_id') }}

with

versions as (
    {{ newest_versions(source('aircall', 'teams'), {'id': 'team_id'}) }}
)

select
    id as team_id,
    name as team_name,
    user_ids,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions
