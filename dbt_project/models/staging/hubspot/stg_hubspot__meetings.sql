{{ config(unique_key='meeting_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'meetings'), {'id': 'meeting_id'}) }}
)

select
    id as meeting_id,
    cast(null as varchar) as subject,
    hs_meeting_outcome as outcome,
    {{ utc('hs_meeting_start_time') }} as started_at,
    {{ utc('hs_meeting_end_time') }} as ended_at,
    hubspot_owner_id as owner_id,
    company_id as account_id,
    contact_id,
    deal_id as opportunity_id,
    {{ utc('hs_timestamp') }} as occurred_at,
    {{ utc('hs_createdate') }} as created_at,
    {{ version_columns() }}
from versions
