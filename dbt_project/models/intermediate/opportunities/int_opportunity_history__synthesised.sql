{#- For opportunities of which the source keeps no history: created, and closed. -#}

with

opportunities as (
    select * from {{ ref('int_opportunities__unioned') }}
),

recorded as (
    select distinct
        source,
        opportunity_id
    from {{ ref('int_opportunity_history__unioned') }}
),

first_stages as (
    select
        source,
        min_by(stage_id, stage_order) as stage_id
    from {{ ref('int_stages__unioned') }}
    where not is_closed
    group by source
),

unrecorded as (
    select opportunities.*
    from opportunities
    left join recorded
        on opportunities.source = recorded.source
        and opportunities.opportunity_id = recorded.opportunity_id
    where recorded.opportunity_id is null
),

created as (
    select
        unrecorded.source,
        unrecorded.opportunity_id || '|created' as history_id,
        unrecorded.opportunity_id,
        case
            when unrecorded.is_closed then first_stages.stage_id
            else unrecorded.stage_id
        end as stage_id,
        unrecorded.amount_original,
        unrecorded.close_date,
        unrecorded.created_at as changed_at
    from unrecorded
    left join first_stages
        on unrecorded.source = first_stages.source
    where unrecorded.created_at is not null
),

closed as (
    select
        source,
        opportunity_id || '|closed' as history_id,
        opportunity_id,
        stage_id,
        amount_original,
        close_date,
        coalesce(closed_at, {{ start_of_local_date('close_date') }}) as changed_at
    from unrecorded
    where is_closed and coalesce(closed_at, cast(close_date as timestamp)) is not null
)

select * from created
union all
select * from closed
