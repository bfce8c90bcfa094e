{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['opportunity_key', 'scored_date'],
    )
}}

with

predictions as (
    select
        opportunity_key,
        {{ local_date('scored_at') }} as scored_date,
        {{ utc('scored_at') }} as scored_at,
        model_version,
        win_rate
    from {{ source('ml', 'win_probability_predictions') }}
    {%- if is_incremental() %}
    where scored_at >= timestamptz '{{ newest_score_held() }}'
    {%- endif %}
),

numbered as (
    select
        predictions.*,
        row_number() over (
            partition by opportunity_key, scored_date
            order by scored_at desc, try_cast(model_version as integer) desc
        ) as repetition
    from predictions
)

select
    opportunity_key,
    scored_date,
    scored_at,
    model_version,
    win_rate
from numbered
where repetition = 1
