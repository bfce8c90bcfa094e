{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='forecast_key',
    )
}}

{%- if is_incremental() %}
{%- set newest = "timestamptz '" ~ newest_score_held() ~ "'" %}
{%- endif %}

with

forecasts as (
    select
        md5(
            cast(origin_date as varchar)
            || '|' || level
            || '|' || region_name
            || '|' || period_type
            || '|' || cast(period_start_date as varchar)
        ) as forecast_key,
        origin_date,
        level,
        region_name,
        period_type,
        period_start_date,
        cast(forecast_amount as decimal(18, 2)) as forecast_amount,
        cast(low_amount as decimal(18, 2)) as low_amount,
        cast(high_amount as decimal(18, 2)) as high_amount,
        cast(booked_to_date_amount as decimal(18, 2)) as booked_to_date_amount,
        baseline_name,
        cast(baseline_amount as decimal(18, 2)) as baseline_amount,
        model_version,
        {{ utc('scored_at') }} as scored_at
    from {{ source('ml', 'forecasting_predictions') }}
    {%- if is_incremental() %}
    where scored_at >= {{ newest }}
    union all
    select
        forecast_key,
        origin_date,
        level,
        region_name,
        period_type,
        period_start_date,
        forecast_amount,
        low_amount,
        high_amount,
        booked_to_date_amount,
        baseline_name,
        baseline_amount,
        model_version,
        scored_at
    from {{ this }}
    where scored_at < {{ utc(newest) }}
    {%- endif %}
),

outcomes as (
    select
        region_name,
        close_date,
        won_amount
    from {{ ref('ftr_forecasting__opportunity_outcome') }}
    where is_won
),

periods as (
    select
        period_type,
        period_start_date,
        period_end_date
    from {{ ref('ftr_forecasting__period') }}
),

region_actuals as (
    select
        periods.period_type,
        periods.period_start_date,
        outcomes.region_name,
        sum(outcomes.won_amount) as actual_amount
    from periods
    inner join outcomes
        on outcomes.close_date between periods.period_start_date and periods.period_end_date
    group by periods.period_type, periods.period_start_date, outcomes.region_name
),

actuals as (
    select
        period_type,
        period_start_date,
        region_name,
        actual_amount
    from region_actuals
    union all
    select
        period_type,
        period_start_date,
        'All' as region_name,
        sum(actual_amount) as actual_amount
    from region_actuals
    group by period_type, period_start_date
),

numbered as (
    {# A forecast made on its origin date counts before one that was replayed later. #}
    select
        forecasts.*,
        row_number() over (
            partition by forecast_key
            order by
                {{ days_from('origin_date', local_date('scored_at')) }},
                scored_at desc,
                try_cast(model_version as integer) desc
        ) as repetition,
        origin_date = max(origin_date) over () as is_current
    from forecasts
)

select
    numbered.forecast_key,
    numbered.origin_date,
    numbered.level,
    numbered.region_name,
    numbered.period_type,
    numbered.period_start_date,
    numbered.forecast_amount,
    numbered.low_amount,
    numbered.high_amount,
    numbered.booked_to_date_amount,
    numbered.baseline_name,
    numbered.baseline_amount,
    cast(
        case
            when periods.period_end_date < {{ as_of_date() }}
                then coalesce(actuals.actual_amount, 0)
        end as decimal(18, 2)
    ) as actual_amount,
    numbered.model_version,
    numbered.scored_at,
    numbered.is_current
from numbered
left join periods
    on numbered.period_type = periods.period_type
    and numbered.period_start_date = periods.period_start_date
left join actuals
    on numbered.period_type = actuals.period_type
    and numbered.period_start_date = actuals.period_start_date
    and numbered.region_name = actuals.region_name
where numbered.repetition = 1
{%- if is_incremental() %}
{#- What is written is new, or changed since: its period ended, or a newer origin came. #}
except
select
    forecast_key,
    origin_date,
    level,
    region_name,
    period_type,
    period_start_date,
    forecast_amount,
    low_amount,
    high_amount,
    booked_to_date_amount,
    baseline_name,
    baseline_amount,
    actual_amount,
    model_version,
    scored_at,
    is_current
from {{ this }}
{%- endif %}
