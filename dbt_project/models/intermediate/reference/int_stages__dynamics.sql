{{ config(enabled='dynamics' in enabled_sources()) }}

{#-
The stages of business processes in the order of their categories, and the two ends, which are
states. Dataverse keeps no probability of a stage: those of the four categories are the usual ones.
-#}

with

stages as (
    select *
    from {{ ref('stg_dynamics__process_stages') }}
    where table_name = 'opportunity'
),

numbered as (
    select
        *,
        cast(
            row_number() over (partition by is_deleted order by stage_category, process_stage_id)
            as integer
        ) as stage_order,
        case stage_category when 0 then 0.10 when 1 then 0.25 when 2 then 0.50 else 0.75 end
            as probability_rate
    from stages
),

last_one as (
    select
        max(stage_order) as stage_order,
        max(_changed_run) as _changed_run
    from numbered
    where not is_deleted
)

select
    process_stage_id as stage_id,
    stage_name,
    'Sales' as pipeline_name,
    stage_order,
    probability_rate,
    case
        when probability_rate < 0.4 then 'Pipeline'
        when probability_rate < 0.7 then 'Best Case'
        else 'Commit'
    end as forecast_category,
    false as is_closed,
    false as is_won,
    is_deleted,
    _changed_run
from numbered

union all

select
    'won' as stage_id,
    'Closed Won' as stage_name,
    'Sales' as pipeline_name,
    stage_order + 1 as stage_order,
    1.0 as probability_rate,
    'Closed' as forecast_category,
    true as is_closed,
    true as is_won,
    false as is_deleted,
    _changed_run
from last_one
where stage_order is not null

union all

select
    'lost' as stage_id,
    'Closed Lost' as stage_name,
    'Sales' as pipeline_name,
    stage_order + 2 as stage_order,
    0.0 as probability_rate,
    'Omitted' as forecast_category,
    true as is_closed,
    false as is_won,
    false as is_deleted,
    _changed_run
from last_one
where stage_order is not null
