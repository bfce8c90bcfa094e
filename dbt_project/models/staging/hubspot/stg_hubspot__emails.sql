{{ config(unique_key='email_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'emails'), {'id': 'email_id'}) }}
)

select
    id as email_id,
    hs_email_subject as subject,
    hs_email_direction as direction,
    hubspot_owner_id as owner_id,
    company_id as account_id,
    contact_id,
    deal_id as opportunity_id,
    {{ utc('hs_timestamp') }} as occurred_at,
    {{ utc('hs_createdate') }} as created_at,
    {{ version_columns() }}
from versions
