{{ config(unique_key='content_session_id') }}

with

versions as (
    {{ newest_versions(
        source('seismic', 'livesend_content_viewing_sessions'),
        {'id': 'content_session_id'},
    ) }}
)

select
    id as content_session_id,
    livesend_viewing_session_id as session_id,
    livesend_link_id as link_id,
    livesend_link_content_id as link_content_id,
    interaction_id,
    lower(engagement_user_email_address) as viewer_email,
    is_internal_user as is_internal,
    duration_seconds,
    {{ utc('session_started_at') }} as started_at,
    {{ utc('session_ended_at') }} as ended_at,
    {{ utc('modified_at') }} as updated_at,
    {{ version_columns() }}
from versions
