{{ config(unique_key='content_id') }}

with

versions as (
    {{ newest_versions(source('seismic', 'library_contents'), {'id': 'content_id'}) }}
)

select
    id as content_id,
    name as content_name,
    description,
    type as content_type,
    format as file_format,
    version,
    library_path as folder_path,
    parent_folder_library_content_id as folder_id,
    teamsite_id,
    teamsite_name,
    owner_id as owner_user_id,
    lower(owner_email) as owner_email,
    latest_library_content_version_size as size_bytes,
    is_published,
    {{ utc('published_at') }} as published_at,
    {{ utc('unpublished_at') }} as unpublished_at,
    {{ utc('created_at') }} as created_at,
    {{ utc('modified_at') }} as updated_at,
    {{ version_columns() }}
from versions
