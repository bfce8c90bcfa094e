{{ config(unique_key='campaign_member_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'campaign_members'), {'id': 'campaign_member_id'}) }}
)

select
    id as campaign_member_id,
    campaign_id,
    lead_id,
    contact_id,
    status,
    first_responded_date,
    {{ utc('created_date') }} as created_at,
    {{ version_columns() }}
from versions
