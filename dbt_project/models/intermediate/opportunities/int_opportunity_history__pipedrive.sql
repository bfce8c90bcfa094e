{{ config(enabled='pipedrive' in enabled_sources()) }}

{#-
What Pipedrive logs is what a field was and became. A field's first value is what it was before its first
change, or what it is if it never changed. A null is written as '' until all is filled in.
-#}

{%- set fields = [
    'stage_id', 'status', 'value', 'expected_close_date', 'close_time', 'probability',
] %}

with

deals as (
    select
        opportunity_id,
        pipeline_id,
        created_at,
        stage_id,
        case when is_won then 'won' when is_closed then 'lost' else 'open' end as status,
        cast(amount_original as varchar) as value,
        cast(expected_close_date as varchar) as expected_close_date,
        cast(close_at as varchar) as close_time,
        cast(probability_rate * 100 as varchar) as probability,
        is_deleted,
        _changed_run
    from {{ ref('stg_pipedrive__deals') }}
),

logged as (
    select
        *,
        row_number() over (
            partition by opportunity_id, field_key order by changed_at, change_number
        ) = 1 as is_first
    from {{ ref('stg_pipedrive__deal_history') }}
    where field_key in (
            'stage_id', 'status', 'value', 'expected_close_date', 'close_time', 'probability'
        )
),

changes as (
    {% for field in fields -%}
    select
        deals.opportunity_id,
        '{{ field }}' as field_key,
        coalesce(case when logged.is_first then logged.old_value else deals.{{ field }} end, '')
            as value,
        deals.created_at as changed_at,
        -1 as change_number,
        deals._changed_run
    from deals
    left join logged
        on deals.opportunity_id = logged.opportunity_id
        and logged.field_key = '{{ field }}'
        and logged.is_first

    union all

    {% endfor -%}
    select
        opportunity_id,
        field_key,
        coalesce(new_value, '') as value,
        changed_at,
        change_number,
        _changed_run
    from logged
),

moments as (
    select
        opportunity_id,
        changed_at,
        {% for field in fields -%}
        max_by(value, change_number) filter (where field_key = '{{ field }}') as {{ field }},
        {% endfor -%}
        max(_changed_run) as _changed_run
    from changes
    group by opportunity_id, changed_at
),

filled as (
    select
        opportunity_id,
        changed_at,
        {% for field in fields -%}
        nullif(last_value({{ field }} ignore nulls) over history, '') as {{ field }},
        {% endfor -%}
        _changed_run
    from moments
    window history as (
        partition by opportunity_id
        order by changed_at
        rows between unbounded preceding and current row
    )
)

select
    {{ surrogate_key('filled.opportunity_id', 'filled.changed_at') }} as history_id,
    filled.opportunity_id,
    {{ pipedrive_stage('filled.status', 'deals.pipeline_id', 'filled.stage_id') }} as stage_id,
    cast(filled.value as decimal(18, 2)) as amount_original,
    case filled.status
        when 'won' then 1.0
        when 'lost' then 0.0
        else cast(filled.probability as double) / 100
    end as probability_rate,
    cast(null as varchar) as forecast_category,
    case
        when filled.status in ('won', 'lost')
            then {{ local_date(
                'coalesce(cast(filled.close_time as timestamp), filled.changed_at)'
            ) }}
        else cast(filled.expected_close_date as date)
    end as close_date,
    filled.changed_at,
    deals.is_deleted,
    greatest(filled._changed_run, deals._changed_run) as _changed_run
from filled
inner join deals
    on filled.opportunity_id = deals.opportunity_id
