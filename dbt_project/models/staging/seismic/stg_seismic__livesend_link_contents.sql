{{ config(unique_key='link_content_id') }}

with

versions as (
    {{ newest_versions(source('seismic', 'livesend_link_contents'), {'id': 'link_content_id'}) }}
)

select
    id as link_content_id,
    livesend_link_id as link_id,
    library_content_id as content_id,
    interaction_group_id,
    name as content_name,
    created_by as sender_user_id,
    number_of_sessions as session_count,
    total_pages as page_count,
    was_viewed,
    {{ utc('created_at') }} as created_at,
    {{ utc('modified_at') }} as updated_at,
    {{ version_columns() }}
from versions
