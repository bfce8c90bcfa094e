{{ config(unique_key='event_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'email_events'), {'id': 'event_id'}) }}
)

select
    id as event_id,
    email_campaign_id,
    lower(recipient) as email,
    type as event_type,
    {{ utc('created') }} as occurred_at,
    {{ version_columns() }}
from versions
