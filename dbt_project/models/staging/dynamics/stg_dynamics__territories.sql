{{ config(unique_key='territory_id') }}

with

versions as (
    {{ newest_versions(source('dynamics', 'territories'), {'id': 'territory_id'}) }}
)

select
    id as territory_id,
    name as territory_name,
    managerid as manager_id,
    {{ version_columns() }}
from versions
