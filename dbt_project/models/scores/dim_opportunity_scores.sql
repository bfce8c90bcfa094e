with

scores as (
    select
        opportunity_key,
        {{ utc('scored_at') }} as scored_at,
        model_version,
        win_rate,
        top_reasons,
        contributions
    from {{ source('ml', 'win_probability_current') }}
),

opportunities as (
    select
        opportunity_key,
        account_key,
        sales_rep_key,
        close_date,
        amount
    from {{ ref('fct_opportunities') }}
    where is_open
)

select
    opportunities.opportunity_key,
    opportunities.account_key,
    opportunities.sales_rep_key,
    opportunities.close_date as expected_close_date,
    scores.win_rate,
    cast(opportunities.amount * scores.win_rate as decimal(18, 2)) as expected_amount,
    scores.top_reasons,
    scores.contributions,
    scores.scored_at,
    scores.model_version
from opportunities
inner join scores
    on opportunities.opportunity_key = scores.opportunity_key
