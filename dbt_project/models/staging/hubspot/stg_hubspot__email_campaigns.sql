{{ config(unique_key='email_campaign_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'email_campaigns'), {'id': 'email_campaign_id'}) }}
)

select
    id as email_campaign_id,
    name as email_campaign_name,
    subject,
    state,
    {{ utc('sent_at') }} as sent_at,
    {{ version_columns() }}
from versions
