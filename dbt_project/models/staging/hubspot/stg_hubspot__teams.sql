{{ config(unique_key='team_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'teams'), {'id': 'team_id'}) }}
)

select
    id as team_id,
    name as team_name,
    region as region_name,
    manager_owner_id,
    member_owner_ids,
    {{ version_columns() }}
from versions
