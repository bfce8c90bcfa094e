{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget('opportunity_key', changed_opportunities()) }}",
    post_hook="{{ remember_run() }}",
) }}

-- depends_on: {{ ref('int_opportunities__changes') }}

with

states as (
    select
        *,
        lag(stage_id) over history as previous_stage_id,
        lag(stage_name) over history as previous_stage_name,
        lag(stage_order) over history as previous_stage_order
    from {{ ref('int_opportunities__states') }}
    {%- if is_incremental() %}
    where opportunity_key in (select changed.opportunity_key from {{ changed_keys() }} as changed)
    {%- endif %}
    window history as (partition by opportunity_key order by state_number)
),

entries as (
    select
        *,
        row_number() over (partition by opportunity_key order by state_number) as event_number,
        lead(changed_at) over (partition by opportunity_key order by state_number) as exited_at
    from states
    where previous_stage_id is null or stage_id <> previous_stage_id
),

rates as (
    select * from {{ ref('int_exchange_rates__daily') }}
)

select
    md5(entries.opportunity_key || '|' || entries.event_number) as stage_event_key,
    entries.opportunity_key,
    entries.stage_key,
    entries.stage_name,
    entries.stage_order,
    entries.previous_stage_name,
    entries.changed_at as entered_at,
    entries.exited_at,
    {{ elapsed_days('entries.changed_at', 'entries.exited_at') }} as days_in_stage,
    cast(entries.event_number as integer) as event_number,
    cast(
        entries.amount_original / rates.units_per_company_currency as decimal(18, 2)
    ) as amount,
    entries.close_date,
    coalesce(entries.stage_order < entries.previous_stage_order, false) as is_regression
from entries
left join rates
    on entries.currency_code = rates.currency_code
    and entries.changed_date = rates.date_day
