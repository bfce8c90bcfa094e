{{ config(unique_key='meeting_id') }}

with

versions as (
    {{ newest_versions(source('zoom', 'meetings'), {'uuid': 'meeting_id'}) }}
)

select
    uuid as meeting_id,
    id as meeting_number,
    host_id as host_user_id,
    lower(user_email) as host_email,
    topic as subject,
    type as meeting_type,
    duration as duration_minutes,
    total_minutes,
    participants_count as participant_count,
    {{ utc('start_time') }} as started_at,
    {{ utc('end_time') }} as ended_at,
    {{ version_columns() }}
from versions
