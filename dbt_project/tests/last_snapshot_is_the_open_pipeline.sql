{#-
The newest day of the pipeline history, which is made from recorded changes, is the open pipeline of
the opportunities as they are, of those that are known until now. A difference means that a source's
history misses changes.
-#}
{{ config(severity='warn') }}

with

today as (
    select
        opportunity_key,
        amount
    from {{ ref('fct_pipeline_snapshots_daily') }}
    where snapshot_date = {{ as_of_date() }}
),

open_now as (
    select
        opportunity_key,
        amount
    from {{ ref('fct_opportunities') }}
    where is_open
        and opportunity_key not in (
            select states.opportunity_key
            from {{ ref('int_opportunities__states') }} as states
            where states.known_until < {{ as_of_date() }}
        )
)

select
    coalesce(today.opportunity_key, open_now.opportunity_key) as opportunity_key,
    today.amount as amount_in_history,
    open_now.amount as amount_now
from today
full outer join open_now
    on today.opportunity_key = open_now.opportunity_key
where coalesce(today.amount, 0) <> coalesce(open_now.amount, 0)
