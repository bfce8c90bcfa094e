{{ config(enabled='hubspot' in enabled_sources()) }}

{#- A deal names its stage by id alone; should two pipelines share one, the first's counts. -#}

select
    stages.stage_id,
    stages.stage_name,
    pipelines.pipeline_name,
    cast(
        row_number() over (
            partition by stages.pipeline_id, stages.is_deleted order by stages.stage_order
        ) as integer
    ) as stage_order,
    stages.probability_rate,
    {{ forecast_category_of('stages.probability_rate', 'stages.is_closed', 'stages.is_won') }}
        as forecast_category,
    stages.is_closed,
    stages.is_won,
    stages.is_deleted or row_number() over (
        partition by stages.stage_id
        order by stages.is_deleted, pipelines.pipeline_order, stages.pipeline_id
    ) > 1 as is_deleted,
    stages._changed_run
from {{ ref('stg_hubspot__pipeline_stages') }} as stages
left join {{ ref('stg_hubspot__pipelines') }} as pipelines
    on stages.pipeline_id = pipelines.pipeline_id
