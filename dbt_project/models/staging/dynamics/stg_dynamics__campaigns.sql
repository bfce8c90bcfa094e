{{ config(unique_key='campaign_id') }}

with

versions as (
    {{ newest_versions(source('dynamics', 'campaigns'), {'id': 'campaign_id'}) }}
)

select
    id as campaign_id,
    name as campaign_name,
    typecode_label as channel,
    statecode_label as status,
    cast({{ utc('actualstart') }} as date) as start_date,
    cast({{ utc('actualend') }} as date) as end_date,
    cast(budgetedcost as decimal(18, 2)) as budget_amount,
    new_googleadscampaignid as google_ads_campaign_id,
    {{ version_columns() }}
from versions
