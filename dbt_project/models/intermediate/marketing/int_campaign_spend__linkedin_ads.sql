{{ config(enabled='linkedin_ads' in enabled_sources()) }}

{#- Spend of a campaign that is not listed, or not yet, counts under the campaign's own id. -#}

with

days as (
    select * from {{ ref('stg_linkedin_ads__campaign_daily') }}
    where not is_deleted
),

campaigns as (
    select * from {{ ref('stg_linkedin_ads__campaigns') }}
)

select
    coalesce(campaigns.campaign_group_id, days.campaign_id) as campaign_id,
    days.spend_date,
    days.currency_code,
    sum(days.cost_original) as cost_original,
    sum(days.impression_count) as impression_count,
    sum(days.click_count) as click_count,
    sum(days.conversion_count) as conversion_count,
    false as is_deleted,
    max(greatest(days._changed_run, coalesce(campaigns._changed_run, 0))) as _changed_run
from days
left join campaigns
    on days.campaign_id = campaigns.campaign_id
group by
    coalesce(campaigns.campaign_group_id, days.campaign_id),
    days.spend_date,
    days.currency_code
