{{ config(unique_key='history_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'opportunity_history'), {'id': 'history_id'}) }}
)

select
    id as history_id,
    opportunity_id,
    stage_name as stage_id,
    cast(amount as decimal(18, 2)) as amount_original,
    cast(probability / 100.0 as double) as probability_rate,
    {{ forecast_category('forecast_category') }} as forecast_category,
    close_date,
    {{ utc('created_date') }} as changed_at,
    {{ version_columns() }}
from versions
