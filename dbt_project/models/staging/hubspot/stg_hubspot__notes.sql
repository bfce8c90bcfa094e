{{ config(unique_key='note_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'notes'), {'id': 'note_id'}) }}
)

select
    id as note_id,
    cast(null as varchar) as subject,
    hubspot_owner_id as owner_id,
    company_id as account_id,
    contact_id,
    deal_id as opportunity_id,
    {{ utc('hs_timestamp') }} as occurred_at,
    {{ utc('hs_createdate') }} as created_at,
    {{ version_columns() }}
from versions
