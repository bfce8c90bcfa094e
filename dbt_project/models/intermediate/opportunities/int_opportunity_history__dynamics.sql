{{ config(enabled='dynamics' in enabled_sources()) }}

{#-
The audit of opportunities and of their business processes as states, each column filled forward. A
stage that is audited a moment after the rest holds from the beginning.
-#}

with

audited as (
    select
        coalesce(processes.opportunity_id, changes.object_id) as opportunity_id,
        changes.changed_at,
        changes.attribute,
        changes.new_value,
        changes.is_deleted,
        changes._changed_run
    from {{ ref('stg_dynamics__opportunity_history') }} as changes
    left join {{ ref('stg_dynamics__opportunity_processes') }} as processes
        on changes.object_type = 'opportunitysalesprocess'
        and changes.object_id = processes.process_instance_id
),

changes as (
    select
        opportunity_id,
        changed_at,
        {% for attribute in [
            'activestageid', 'statecode', 'estimatedvalue', 'actualvalue', 'closeprobability',
            'estimatedclosedate', 'actualclosedate', 'msdyn_forecastcategory',
        ] -%}
        max(case when attribute = '{{ attribute }}' then new_value end) as {{ attribute }},
        {% endfor -%}
        bool_or(is_deleted) as is_deleted,
        max(_changed_run) as _changed_run
    from audited
    group by opportunity_id, changed_at
),

filled as (
    select
        opportunity_id,
        changed_at,
        {% for attribute in [
            'activestageid', 'statecode', 'estimatedvalue', 'actualvalue', 'closeprobability',
            'estimatedclosedate', 'actualclosedate', 'msdyn_forecastcategory',
        ] -%}
        last_value({{ attribute }} ignore nulls) over history as {{ attribute }},
        {% endfor -%}
        first_value(activestageid ignore nulls) over (
            partition by opportunity_id
            order by changed_at
            rows between current row and unbounded following
        ) as next_stage_id,
        is_deleted,
        _changed_run
    from changes
    window history as (
        partition by opportunity_id
        order by changed_at
        rows between unbounded preceding and current row
    )
)

select
    {{ surrogate_key('opportunity_id', 'changed_at') }} as history_id,
    opportunity_id,
    case coalesce(statecode, '0')
        when '1' then 'won'
        when '2' then 'lost'
        else replace(coalesce(activestageid, next_stage_id), 'processstage,', '')
    end as stage_id,
    cast(
        case when statecode = '1' then coalesce(actualvalue, estimatedvalue) else estimatedvalue end
        as decimal(18, 2)
    ) as amount_original,
    cast(closeprobability as double) / 100.0 as probability_rate,
    case msdyn_forecastcategory
        when '100000001' then 'Pipeline'
        when '100000002' then 'Best Case'
        when '100000003' then 'Commit'
        when '100000004' then 'Omitted'
        when '100000005' then 'Closed'
        when '100000006' then 'Omitted'
    end as forecast_category,
    {{ date_of_audit(
        "case when statecode in ('1', '2') then coalesce(actualclosedate, estimatedclosedate)"
        ~ " else estimatedclosedate end"
    ) }} as close_date,
    changed_at,
    is_deleted,
    _changed_run
from filled
