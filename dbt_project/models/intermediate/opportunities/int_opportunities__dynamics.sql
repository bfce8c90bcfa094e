{{ config(enabled='dynamics' in enabled_sources()) }}

{#-
An open deal's stage is that of its business process, a closed one's is its state. Money is what was
estimated, and once a deal is won what it brought; the last closing tells the moment.
-#}

with

opportunities as (
    select * from {{ ref('stg_dynamics__opportunities') }}
),

processes as (
    select
        opportunity_id,
        active_stage_id,
        _changed_run,
        row_number() over (
            partition by opportunity_id
            order by is_deleted asc, _version_at desc, process_instance_id asc
        ) as from_last
    from {{ ref('stg_dynamics__opportunity_processes') }}
),

closes as (
    select
        opportunity_id,
        max(closed_at) as closed_at,
        max(_changed_run) as _changed_run
    from {{ ref('stg_dynamics__opportunity_closes') }}
    where not is_deleted
    group by opportunity_id
),

currencies as (
    select
        currency_id,
        max(currency_code) as currency_code
    from {{ ref('stg_dynamics__currencies') }}
    group by currency_id
)

select
    opportunities.opportunity_id,
    opportunities.account_id,
    opportunities.owner_id,
    opportunities.contact_id,
    opportunities.product_id,
    opportunities.campaign_id,
    opportunities.opportunity_name,
    opportunities.opportunity_type,
    case
        when opportunities.is_won then 'won'
        when opportunities.is_closed then 'lost'
        else coalesce(processes.active_stage_id, opportunities.step_name)
    end as stage_id,
    case
        when opportunities.is_won
            then
                coalesce(
                    opportunities.actual_amount_original, opportunities.estimated_amount_original
                )
        else opportunities.estimated_amount_original
    end as amount_original,
    coalesce(currencies.currency_code, '{{ company_currency() }}') as currency_code,
    opportunities.probability_rate,
    opportunities.forecast_category,
    opportunities.created_at,
    case
        when opportunities.is_closed
            then coalesce(opportunities.actual_close_date, opportunities.estimated_close_date)
        else opportunities.estimated_close_date
    end as close_date,
    case when opportunities.is_closed then closes.closed_at end as closed_at,
    cast(null as date) as known_until,
    opportunities.is_closed,
    opportunities.is_won,
    opportunities.lead_source,
    case
        when opportunities.is_closed and not opportunities.is_won then opportunities.status_reason
    end as loss_reason,
    opportunities.competitor_name,
    opportunities.next_step,
    opportunities.custom_fields,
    opportunities.is_deleted,
    greatest(
        opportunities._changed_run,
        coalesce(processes._changed_run, 0),
        coalesce(closes._changed_run, 0)
    ) as _changed_run
from opportunities
left join processes
    on opportunities.opportunity_id = processes.opportunity_id
    and processes.from_last = 1
left join closes
    on opportunities.opportunity_id = closes.opportunity_id
left join currencies
    on opportunities.currency_id = currencies.currency_id
