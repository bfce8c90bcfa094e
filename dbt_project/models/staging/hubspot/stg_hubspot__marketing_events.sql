{{ config(unique_key='marketing_event_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'marketing_events'), {'id': 'marketing_event_id'}) }}
)

select
    id as marketing_event_id,
    external_event_id,
    name as event_name,
    event_type,
    organizer as organizer_name,
    url as event_url,
    registrants as registrant_count,
    attendees as attendee_count,
    cancellations as cancellation_count,
    no_shows as no_show_count,
    is_cancelled,
    is_completed,
    {{ utc('starts_at') }} as starts_at,
    {{ utc('ends_at') }} as ends_at,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions
