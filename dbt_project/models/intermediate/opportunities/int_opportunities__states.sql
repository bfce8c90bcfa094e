{#- Every state an opportunity has been in, one row per change, numbered from its creation. -#}
{{ config(materialized='table') }}

with

opportunities as (
    select * from {{ ref('int_opportunities__unioned') }}
),

stages as (
    select * from {{ ref('int_stages__unioned') }}
),

history as (
    select
        source,
        history_id,
        opportunity_id,
        stage_id,
        amount_original,
        probability_rate,
        forecast_category,
        close_date,
        changed_at,
        false as is_synthesised
    from {{ ref('int_opportunity_history__unioned') }}
    union all
    select
        source,
        history_id,
        opportunity_id,
        stage_id,
        amount_original,
        cast(null as double) as probability_rate,
        cast(null as varchar) as forecast_category,
        close_date,
        changed_at,
        true as is_synthesised
    from {{ ref('int_opportunity_history__synthesised') }}
),

numbered as (
    select
        history.*,
        row_number() over (
            partition by source, opportunity_id order by changed_at, history_id
        ) as state_number,
        row_number() over (
            partition by source, opportunity_id order by changed_at desc, history_id desc
        ) = 1 as is_latest
    from history
)

select
    {{ surrogate_key('opportunities.source', 'opportunities.opportunity_id') }} as opportunity_key,
    opportunities.source,
    opportunities.opportunity_id,
    opportunities.owner_id,
    opportunities.currency_code,
    opportunities.known_until,
    numbered.state_number,
    numbered.is_latest,
    numbered.is_synthesised,
    numbered.changed_at,
    {{ local_date('numbered.changed_at') }} as changed_date,
    numbered.stage_id,
    stages.stage_key,
    coalesce(stages.stage_name, numbered.stage_id) as stage_name,
    stages.stage_order,
    stages.is_closed,
    numbered.amount_original,
    numbered.close_date,
    coalesce(
        case when numbered.is_latest then opportunities.probability_rate end,
        numbered.probability_rate,
        stages.probability_rate
    ) as probability_rate,
    coalesce(
        case when numbered.is_latest then opportunities.forecast_category end,
        numbered.forecast_category,
        stages.forecast_category
    ) as forecast_category
from numbered
inner join opportunities
    on numbered.source = opportunities.source
    and numbered.opportunity_id = opportunities.opportunity_id
left join stages
    on numbered.source = stages.source
    and numbered.stage_id = stages.stage_id
