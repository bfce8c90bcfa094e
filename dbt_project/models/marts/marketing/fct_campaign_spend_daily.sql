with

spend as (
    select * from {{ ref('int_campaign_spend__unioned') }}
),

campaigns as (
    select * from {{ ref('int_campaigns__keys') }}
),

rates as (
    select * from {{ ref('int_exchange_rates__daily') }}
)

select
    md5(spend.source || '|' || spend.campaign_id || '|' || spend.spend_date) as spend_key,
    campaigns.campaign_key,
    spend.spend_date,
    cast(spend.cost_original / rates.units_per_company_currency as decimal(18, 2)) as cost_amount,
    spend.impression_count,
    spend.click_count,
    spend.conversion_count
from spend
left join campaigns
    on spend.source = campaigns.source
    and spend.campaign_id = campaigns.campaign_id
left join rates
    on coalesce(spend.currency_code, '{{ company_currency() }}') = rates.currency_code
    and spend.spend_date = rates.date_day
