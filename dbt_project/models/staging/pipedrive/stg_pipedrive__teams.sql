{{ config(unique_key='team_id') }}

with

versions as (
    {{ newest_versions(source('pipedrive', 'teams'), {'id': 'team_id'}) }}
)

select
    id as team_id,
    name as team_name,
    description as region_name,
    manager_id,
    user_ids,
    {{ version_columns() }}
from versions
