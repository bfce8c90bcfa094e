{{ config(unique_key='stage_record_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'stages'), {'id': 'stage_record_id'}) }}
)

select
    id as stage_record_id,
    master_label as stage_id,
    master_label as stage_name,
    'Sales' as pipeline_name,
    cast(sort_order as integer) as stage_order,
    cast(default_probability / 100.0 as double) as probability_rate,
    {{ forecast_category('forecast_category_name') }} as forecast_category,
    is_closed,
    is_won,
    is_active,
    {{ version_columns() }}
from versions
