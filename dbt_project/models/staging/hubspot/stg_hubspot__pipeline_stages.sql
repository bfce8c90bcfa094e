{{ config(unique_key=['pipeline_id', 'stage_id']) }}

with

versions as (
    {{ newest_versions(
        source('hubspot', 'pipeline_stages'),
        {'pipeline_id': 'pipeline_id', 'id': 'stage_id'},
    ) }}
)

select
    pipeline_id,
    id as stage_id,
    label as stage_name,
    cast(display_order as integer) as stage_order,
    cast(probability as double) as probability_rate,
    is_closed,
    is_won,
    {{ version_columns() }}
from versions
