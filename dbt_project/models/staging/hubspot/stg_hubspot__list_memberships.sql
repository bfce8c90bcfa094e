{{ config(unique_key=['list_id', 'record_id']) }}

with

versions as (
    {{ newest_versions(
        source('hubspot', 'list_memberships'),
        {'list_id': 'list_id', 'record_id': 'record_id'},
    ) }}
)

select
    list_id,
    record_id,
    object_type_id,
    {{ utc('joined_at') }} as joined_at,
    {{ version_columns() }}
from versions
