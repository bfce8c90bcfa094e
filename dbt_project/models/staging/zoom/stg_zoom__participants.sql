{{ config(unique_key=['meeting_id', 'session_user_id', 'joined_at']) }}

with

versions as (
    {{ newest_versions(
        source('zoom', 'participants'),
        {'meeting_uuid': 'meeting_id', 'user_id': 'session_user_id', 'join_time': 'joined_at'},
    ) }}
)

select
    meeting_uuid as meeting_id,
    user_id as session_user_id,
    id as user_id,
    name as participant_name,
    lower(user_email) as email,
    duration as duration_seconds,
    {{ utc('join_time') }} as joined_at,
    {{ utc('leave_time') }} as left_at,
    {{ version_columns() }}
from versions
