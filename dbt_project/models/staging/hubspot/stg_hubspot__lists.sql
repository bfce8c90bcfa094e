{{ config(unique_key='list_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'lists'), {'id': 'list_id'}) }}
)

select
    id as list_id,
    name as list_name,
    object_type_id,
    processing_type,
    size as record_count,
    {{ utc('last_record_added_at') }} as last_record_added_at,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions
