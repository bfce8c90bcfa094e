{{ config(unique_key='process_stage_id') }}

with

versions as (
    {{ newest_versions(source('dynamics', 'process_stages'), {'id': 'process_stage_id'}) }}
)

select
    id as process_stage_id,
    stagename as stage_name,
    processid as process_id,
    cast(stagecategory as integer) as stage_category,
    primaryentitytypecode as table_name,
    {{ version_columns() }}
from versions
