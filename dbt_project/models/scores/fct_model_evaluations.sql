{%- set models = ['lead_scoring', 'win_probability', 'forecasting'] -%}

with

evaluations as (
    {%- for model in models %}
    select
        model,
        model_version,
        {{ utc('evaluated_at') }} as evaluated_at,
        metric,
        value,
        baseline_name,
        baseline_value,
        is_champion
    from {{ source('ml', model ~ '_evaluations') }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

numbered as (
    {# A repeated run may have written the same evaluation twice. #}
    select
        evaluations.*,
        row_number() over (
            partition by model, model_version, evaluated_at, metric, baseline_name
            order by is_champion desc
        ) as repetition
    from evaluations
)

select
    model,
    model_version,
    evaluated_at,
    metric,
    value,
    baseline_name,
    baseline_value,
    is_champion
from numbered
where repetition = 1
