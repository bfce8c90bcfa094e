{{ config(unique_key='stage_record_id') }}

with

versions as (
    {{ newest_versions(source('files', 'stages'), {'id': 'stage_record_id'}) }}
)

select
    id as stage_record_id,
    name as stage_id,
    name as stage_name,
    'Sales' as pipeline_name,
    cast(sort_order as integer) as stage_order,
    cast(probability / 100.0 as double) as probability_rate,
    {{ forecast_category('forecast_category') }} as forecast_category,
    is_closed,
    is_won,
    {{ version_columns() }}
from versions
