{{ config(enabled='pipedrive' in enabled_sources()) }}

{#- Pipedrive's stages are open ones; a pipeline gets one for deals won and one for deals lost. -#}

with

pipelines as (
    select * from {{ ref('stg_pipedrive__pipelines') }}
),

stages as (
    select
        stages.stage_id,
        stages.stage_name,
        pipelines.pipeline_name,
        stages.pipeline_id,
        cast(
            row_number() over (
                partition by stages.pipeline_id, stages.is_deleted order by stages.stage_order
            ) as integer
        ) as stage_order,
        stages.probability_rate,
        {{ forecast_category_of('stages.probability_rate', 'false', 'false') }}
            as forecast_category,
        stages.is_deleted,
        stages._changed_run
    from {{ ref('stg_pipedrive__stages') }} as stages
    left join pipelines
        on stages.pipeline_id = pipelines.pipeline_id
),

ends as (
    select
        pipeline_id,
        cast(max(stage_order) as integer) as stage_order
    from stages
    where not is_deleted
    group by pipeline_id
)

select
    stage_id,
    stage_name,
    pipeline_name,
    stage_order,
    probability_rate,
    forecast_category,
    false as is_closed,
    false as is_won,
    is_deleted,
    _changed_run
from stages

union all

select
    {{ pipedrive_stage("'won'", 'pipelines.pipeline_id', 'null') }} as stage_id,
    'Closed Won' as stage_name,
    pipelines.pipeline_name,
    ends.stage_order + 1 as stage_order,
    1.0 as probability_rate,
    'Closed' as forecast_category,
    true as is_closed,
    true as is_won,
    pipelines.is_deleted,
    pipelines._changed_run
from pipelines
left join ends
    on pipelines.pipeline_id = ends.pipeline_id

union all

select
    {{ pipedrive_stage("'lost'", 'pipelines.pipeline_id', 'null') }} as stage_id,
    'Closed Lost' as stage_name,
    pipelines.pipeline_name,
    ends.stage_order + 2 as stage_order,
    0.0 as probability_rate,
    'Omitted' as forecast_category,
    true as is_closed,
    false as is_won,
    pipelines.is_deleted,
    pipelines._changed_run
from pipelines
left join ends
    on pipelines.pipeline_id = ends.pipeline_id
