{{ config(unique_key='session_id') }}

with

versions as (
    {{ newest_versions(source('seismic', 'livesend_viewing_sessions'), {'id': 'session_id'}) }}
)

select
    id as session_id,
    livesend_link_id as link_id,
    interaction_group_id,
    interaction_id,
    lower(engagement_user_email) as viewer_email,
    is_internal_user as is_internal,
    room_duration_seconds,
    total_content_viewing_duration_seconds as content_duration_seconds,
    {{ utc('session_started_at') }} as started_at,
    {{ utc('session_ended_at') }} as ended_at,
    {{ utc('modified_at') }} as updated_at,
    {{ version_columns() }}
from versions
