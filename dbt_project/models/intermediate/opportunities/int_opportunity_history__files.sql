{{ config(enabled='files' in enabled_sources()) }}

select
    history_id,
    opportunity_id,
    stage_id,
    amount_original,
    probability_rate,
    cast(null as varchar) as forecast_category,
    close_date,
    changed_at,
    is_deleted,
    _changed_run
from {{ ref('stg_files__stage_history') }}
