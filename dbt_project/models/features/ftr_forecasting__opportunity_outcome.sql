with

opportunities as (
    select
        opportunity_key,
        account_key,
        sales_rep_key,
        created_date,
        close_date,
        closed_at,
        is_closed,
        is_won,
        amount
    from {{ ref('fct_opportunities') }}
),

accounts as (
    select
        account_key,
        region_name
    from {{ ref('dim_accounts') }}
),

reps as (
    select
        sales_rep_key,
        region_name
    from {{ ref('dim_sales_reps') }}
)

select
    opportunities.opportunity_key,
    {{ as_of_date() }} as as_of_date,
    coalesce(reps.region_name, accounts.region_name, 'Unassigned') as region_name,
    coalesce(opportunities.created_date, opportunities.close_date, {{ as_of_date() }})
        as created_date,
    case when opportunities.is_closed then opportunities.close_date end as close_date,
    case
        when opportunities.is_closed
            then coalesce({{ local_date('opportunities.closed_at') }}, opportunities.close_date)
    end as outcome_date,
    case when opportunities.is_closed then opportunities.is_won end as is_won,
    cast(case when opportunities.is_won then opportunities.amount end as double) as won_amount
from opportunities
left join accounts
    on opportunities.account_key = accounts.account_key
left join reps
    on opportunities.sales_rep_key = reps.sales_rep_key
