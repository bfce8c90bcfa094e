{{ config(unique_key=['link_id', 'email']) }}

with

versions as (
    {{ newest_versions(
        source('seismic', 'livesend_link_members'),
        {'livesend_link_id': 'link_id', 'email': 'email'},
    ) }}
)

select
    livesend_link_id as link_id,
    email,
    external_user_id,
    internal_user_id as user_id,
    is_internal_user as is_internal,
    {{ utc('created_at') }} as created_at,
    {{ utc('modified_at') }} as updated_at,
    {{ version_columns() }}
from versions
