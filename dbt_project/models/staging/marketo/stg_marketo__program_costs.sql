{{ config(unique_key='program_id') }}

with

versions as (
    {{ newest_versions(source('marketo', 'program_costs'), {'program_id': 'program_id'}) }}
)

select
    program_id,
    costs,
    tags,
    {{ utc('updated_at') }} as updated_at,
    {{ version_columns() }}
from versions
