with

opportunities as (
    select
        *,
        case when is_closed then close_date else {{ as_of_date() }} end as valued_date
    from {{ ref('int_opportunities__unioned') }}
),

milestones as (
    select * from {{ ref('int_opportunities__milestones') }}
),

stages as (
    select * from {{ ref('int_stages__unioned') }}
),

reps as (
    select * from {{ ref('int_sales_reps__versions') }}
),

rates as (
    select * from {{ ref('int_exchange_rates__daily') }}
),

accounts as (
    select * from {{ ref('int_accounts__keys') }}
),

contacts as (
    select * from {{ ref('int_contacts__keys') }}
),

products as (
    select * from {{ ref('int_products__unioned') }}
),

campaigns as (
    select * from {{ ref('int_campaigns__keys') }}
),

current_quarter as (
    select
        fiscal_quarter_start_date as ends_before,
        cast(fiscal_quarter_start_date - interval '12' month as date) as starts_on
    from {{ ref('dim_date') }}
    where date_day = {{ as_of_date() }}
),

last_quota as (
    select max(quota_month) as quota_month from {{ ref('int_quotas__unioned') }}
),

joined as (
    select
        opportunities.*,
        {{ surrogate_key('opportunities.source', 'opportunities.opportunity_id') }}
            as opportunity_key,
        accounts.account_key,
        coalesce(reps.sales_rep_key, {{ unassigned_rep_key() }}) as sales_rep_key,
        contacts.contact_key,
        {{ surrogate_key('products.source', 'products.product_id') }} as product_key,
        campaigns.campaign_key,
        stages.stage_key,
        stages.stage_name,
        stages.stage_order,
        stages.forecast_category as stage_forecast_category,
        stages.probability_rate as stage_probability_rate,
        {{ local_date('opportunities.created_at') }} as created_date,
        cast(
            opportunities.amount_original / rates.units_per_company_currency as decimal(18, 2)
        ) as amount,
        milestones.stage_entered_at,
        milestones.closed_at as history_closed_at,
        milestones.push_count,
        (
            opportunities.close_date >= current_quarter.starts_on
            and opportunities.close_date < current_quarter.ends_before
        ) as is_trailing_4q,
        opportunities.close_date < last_quota.quota_month + interval '1' month as is_within_quotas
    from opportunities
    left join milestones
        on opportunities.source = milestones.source
        and opportunities.opportunity_id = milestones.opportunity_id
    left join stages
        on opportunities.source = stages.source
        and opportunities.stage_id = stages.stage_id
    left join reps
        on {{ rep_valid_on(
            'reps', 'opportunities.source', 'opportunities.owner_id', 'opportunities.valued_date'
        ) }}
    left join rates
        on opportunities.currency_code = rates.currency_code
        and opportunities.valued_date = rates.date_day
    left join accounts
        on opportunities.source = accounts.source
        and opportunities.account_id = accounts.account_id
    left join contacts
        on opportunities.source = contacts.source
        and opportunities.contact_id = contacts.contact_id
    left join products
        on opportunities.source = products.source
        and opportunities.product_id = products.product_id
    left join campaigns
        on opportunities.source = campaigns.source
        and opportunities.campaign_id = campaigns.campaign_id
    cross join current_quarter
    cross join last_quota
),

classified as (
    select
        *,
        coalesce(is_closed, false) as closed,
        coalesce(forecast_category, stage_forecast_category, 'Pipeline') as category,
        coalesce(probability_rate, stage_probability_rate, 0) as probability
    from joined
)

select
    opportunity_key,
    opportunity_id,
    source,
    opportunity_name,
    account_key,
    sales_rep_key,
    contact_key,
    product_key,
    campaign_key,
    stage_key,
    coalesce(stage_name, stage_id) as stage_name,
    stage_order,
    opportunity_type,
    lead_source,
    currency_code,
    amount_original,
    amount,
    probability as probability_rate,
    cast(amount * probability as decimal(18, 4)) as weighted_amount,
    category as forecast_category,
    created_at,
    created_date,
    close_date,
    case
        when closed
            then coalesce(closed_at, history_closed_at, {{ start_of_local_date('close_date') }})
    end as closed_at,
    closed as is_closed,
    coalesce(is_won, false) as is_won,
    not closed and category <> 'Omitted' as is_open,
    not closed and category <> 'Omitted' and coalesce(stage_order, 0) >= 2 as is_qualified,
    coalesce(closed and is_trailing_4q, false) as is_closed_trailing_4q,
    coalesce(is_within_quotas, false) as is_within_quotas,
    case when is_won then {{ days_from('created_date', 'close_date') }} end as sales_cycle_days,
    {{ days_from('created_date', 'valued_date') }} as age_days,
    case
        when not closed then {{ days_from(local_date('stage_entered_at'), as_of_date()) }}
    end as stage_age_days,
    cast(coalesce(push_count, 0) as integer) as push_count,
    loss_reason,
    competitor_name,
    next_step,
    custom_fields
from classified
