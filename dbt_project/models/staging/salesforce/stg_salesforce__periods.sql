{{ config(unique_key='period_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'periods'), {'id': 'period_id'}) }}
)

select
    id as period_id,
    type as period_type,
    start_date as starts_on,
    end_date as ends_on,
    cast(number as integer) as period_number,
    fiscal_year_settings_id,
    is_forecast_period,
    {{ version_columns() }}
from versions
