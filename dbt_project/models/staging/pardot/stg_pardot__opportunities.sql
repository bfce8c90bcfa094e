{{ config(unique_key='opportunity_id') }}

with

versions as (
    {{ newest_versions(source('pardot', 'opportunities'), {'id': 'opportunity_id'}) }}
)

select
    id as opportunity_id,
    salesforce_id as salesforce_opportunity_id,
    name as opportunity_name,
    type as opportunity_type,
    stage as stage_name,
    status as opportunity_status,
    probability / 100.0 as probability_rate,
    cast(value as decimal(18, 2)) as amount,
    campaign_id,
    {{ utc('closed_at') }} as closed_at,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions
