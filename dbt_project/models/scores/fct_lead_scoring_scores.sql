{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['lead_key', 'scored_date'],
    )
}}

with

predictions as (
    select
        lead_key,
        {{ local_date('scored_at') }} as scored_date,
        {{ utc('scored_at') }} as scored_at,
        model_version,
        conversion_rate,
        cast(score as integer) as score,
        grade
    from {{ source('ml', 'lead_scoring_predictions') }}
    {%- if is_incremental() %}
    where scored_at >= timestamptz '{{ newest_score_held() }}'
    {%- endif %}
),

numbered as (
    select
        predictions.*,
        row_number() over (
            partition by lead_key, scored_date
            order by scored_at desc, try_cast(model_version as integer) desc
        ) as repetition
    from predictions
)

select
    lead_key,
    scored_date,
    scored_at,
    model_version,
    conversion_rate,
    score,
    grade
from numbered
where repetition = 1
