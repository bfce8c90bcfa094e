{{ config(unique_key='campaign_id') }}

with

versions as (
    {{ newest_versions(source('pardot', 'campaigns'), {'id': 'campaign_id'}) }}
)

select
    id as campaign_id,
    name as campaign_name,
    salesforce_id as salesforce_campaign_id,
    parent_campaign_id,
    cast(cost as decimal(18, 2)) as cost_amount,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions
