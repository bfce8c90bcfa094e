{#- What an opportunity's history says about it: one row per opportunity. -#}
{{ config(materialized='table') }}

with

states as (
    select
        *,
        lag(stage_id) over history as previous_stage_id,
        lag(is_closed) over history as was_closed,
        lag(close_date) over history as previous_close_date
    from {{ ref('int_opportunities__states') }}
    window history as (partition by opportunity_key order by state_number)
)

select
    source,
    opportunity_id,
    max(case when stage_id <> previous_stage_id or previous_stage_id is null then changed_at end)
        as stage_entered_at,
    max(case when is_closed and not coalesce(was_closed, false) then changed_at end) as closed_at,
    sum(case when close_date > previous_close_date and not is_closed then 1 else 0 end)
        as push_count
from states
group by source, opportunity_id
