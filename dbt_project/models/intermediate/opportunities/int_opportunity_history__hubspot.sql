{{ config(enabled='hubspot' in enabled_sources()) }}

with

changes as (
    select
        opportunity_id,
        changed_at,
        max(case when property = 'dealstage' then value end) as stage_id,
        max(case when property = 'amount' then value end) as amount_text,
        max(case when property = 'closedate' then {{ timestamp_of_text('value') }} end) as close_at,
        bool_or(is_deleted) as is_deleted,
        max(_changed_run) as _changed_run
    from {{ ref('stg_hubspot__deal_history') }}
    group by opportunity_id, changed_at
),

filled as (
    select
        opportunity_id,
        changed_at,
        last_value(stage_id ignore nulls) over history as stage_id,
        last_value(amount_text ignore nulls) over history as amount_text,
        last_value(close_at ignore nulls) over history as close_at,
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
    stage_id,
    cast(nullif(amount_text, '') as decimal(18, 2)) as amount_original,
    cast(null as double) as probability_rate,
    cast(null as varchar) as forecast_category,
    {{ date_of_instant('close_at') }} as close_date,
    changed_at,
    is_deleted,
    _changed_run
from filled
