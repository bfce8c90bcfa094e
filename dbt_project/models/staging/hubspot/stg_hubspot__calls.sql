{{ config(unique_key='call_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'calls'), {'id': 'call_id'}) }}
)

select
    id as call_id,
    cast(null as varchar) as subject,
    lower(hs_call_direction) as direction,
    hs_call_disposition as outcome,
    cast(hs_call_duration / 1000 as bigint) as duration_seconds,
    hubspot_owner_id as owner_id,
    company_id as account_id,
    contact_id,
    deal_id as opportunity_id,
    {{ utc('hs_timestamp') }} as occurred_at,
    {{ utc('hs_createdate') }} as created_at,
    {{ version_columns() }}
from versions
