{{ config(unique_key=['campaign_id', 'spend_date']) }}

with

versions as (
    {{ newest_versions(
        source('linkedin_ads', 'campaign_daily'),
        {'campaign_id': 'campaign_id', 'date': 'spend_date'},
    ) }}
)

select
    campaign_id,
    date as spend_date,
    cast(cost as decimal(18, 2)) as cost_original,
    impressions as impression_count,
    clicks as click_count,
    external_website_conversions as conversion_count,
    one_click_leads as form_lead_count,
    currency_code,
    {{ version_columns() }}
from versions
