{{ config(unique_key='course_id') }}

with

versions as (
    {{ newest_versions(source('files', 'courses'), {'id': 'course_id'}) }}
)

select
    id as course_id,
    name as course_name,
    category,
    format as course_format,
    lower(status) as status,
    url,
    owner_id,
    duration_minutes,
    is_mandatory,
    {{ utc('created_at') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions
