{{ config(unique_key='pipeline_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'pipelines'), {'id': 'pipeline_id'}) }}
)

select
    id as pipeline_id,
    label as pipeline_name,
    cast(display_order as integer) as pipeline_order,
    {{ version_columns() }}
from versions
