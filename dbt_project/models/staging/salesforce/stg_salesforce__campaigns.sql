{{ config(unique_key='campaign_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'campaigns'), {'id': 'campaign_id'}) }}
)

select
    id as campaign_id,
    name as campaign_name,
    type as channel,
    status,
    start_date,
    end_date,
    cast(budgeted_cost as decimal(18, 2)) as budget_amount,
    cast(actual_cost as decimal(18, 2)) as actual_cost_amount,
    google_ads_campaign_id_c as google_ads_campaign_id,
    {{ version_columns() }}
from versions
