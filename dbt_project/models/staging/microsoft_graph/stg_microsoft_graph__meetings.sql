{{ config(unique_key=['mailbox_id', 'meeting_id']) }}

with

versions as (
    {{ newest_versions(
        source('microsoft_graph', 'meetings'),
        {'mailbox_id': 'mailbox_id', 'id': 'meeting_id'},
    ) }}
)

select
    mailbox_id,
    id as meeting_id,
    lower(mailbox_email) as mailbox_email,
    ical_uid,
    type as meeting_type,
    series_master_id as series_id,
    subject,
    organizer_name,
    lower(organizer_address) as organizer_email,
    attendees,
    response as own_response,
    show_as,
    sensitivity,
    start_time_zone,
    end_time_zone,
    is_all_day,
    is_cancelled,
    is_organizer,
    is_online,
    {{ utc('starts_at') }} as started_at,
    {{ utc('ends_at') }} as ended_at,
    {{ utc('created_at') }} as created_at,
    {{ utc('modified_at') }} as modified_at,
    {{ version_columns() }}
from versions
