{{ config(unique_key='link_id') }}

with

versions as (
    {{ newest_versions(source('seismic', 'livesend_links'), {'id': 'link_id'}) }}
)

select
    id as link_id,
    created_by as sender_user_id,
    interaction_group_id,
    interaction_group_name,
    notification_mode,
    is_digital_room,
    allow_download as is_download_allowed,
    login_enabled as is_login_required,
    {{ utc('created_at') }} as shared_at,
    {{ utc('expires_at') }} as expires_at,
    {{ utc('modified_at') }} as updated_at,
    {{ version_columns() }}
from versions
