{#- Stages as the sources declare them, and those that opportunities name without a declaration. -#}
{{ config(materialized='table') }}

with

declared as (
    {{ unite(
        {
            'salesforce': 'stg_salesforce__stages',
            'hubspot': 'int_stages__hubspot',
            'pipedrive': 'int_stages__pipedrive',
            'dynamics': 'int_stages__dynamics',
            'files': 'stg_files__stages',
        },
        {
            'stage_id': 'varchar',
            'stage_name': 'varchar',
            'pipeline_name': 'varchar',
            'stage_order': 'integer',
            'probability_rate': 'double',
            'forecast_category': 'varchar',
            'is_closed': 'boolean',
            'is_won': 'boolean',
        },
    ) }}
),

last_declared as (
    select
        source,
        max(stage_order) as stage_order
    from declared
    group by source
),

named as (
    select
        source,
        stage_id,
        avg(probability_rate) as probability_rate,
        bool_or(is_closed) as is_closed,
        bool_or(is_won) as is_won,
        max(forecast_category) as forecast_category,
        max(_changed_run) as _changed_run
    from {{ ref('int_opportunities__unioned') }}
    where stage_id is not null
    group by source, stage_id
),

undeclared as (
    select
        named.source,
        named.stage_id,
        named.stage_id as stage_name,
        'Sales' as pipeline_name,
        cast(
            coalesce(last_declared.stage_order, 0) + row_number() over (
                partition by named.source
                order by
                    coalesce(named.is_closed, false),
                    case when named.is_closed then -1 else 1 end
                    * coalesce(named.probability_rate, 0),
                    named.stage_id
            ) as integer
        ) as stage_order,
        coalesce(named.probability_rate, 0) as probability_rate,
        named.forecast_category,
        coalesce(named.is_closed, false) as is_closed,
        coalesce(named.is_won, false) as is_won,
        named._changed_run
    from named
    left join declared
        on named.source = declared.source
        and named.stage_id = declared.stage_id
    left join last_declared
        on named.source = last_declared.source
    where declared.stage_id is null
),

everything as (
    select * from declared
    union all
    select * from undeclared
)

select
    {{ surrogate_key('source', 'stage_id') }} as stage_key,
    everything.*
from everything
