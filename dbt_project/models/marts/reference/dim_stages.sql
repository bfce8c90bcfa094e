select
    stage_key,
    source,
    pipeline_name,
    stage_id,
    stage_name,
    stage_order,
    probability_rate,
    forecast_category,
    is_closed,
    is_won
from {{ ref('int_stages__unioned') }}
