{{ config(unique_key='course_completion_id') }}

with

versions as (
    {{ newest_versions(source('files', 'course_completions'), {'id': 'course_completion_id'}) }}
)

select
    id as course_completion_id,
    course_id,
    lower(email) as email,
    lower(status) as status,
    score,
    is_passed,
    {{ utc('assigned_at') }} as assigned_at,
    {{ utc('started_at') }} as started_at,
    {{ utc('completed_at') }} as completed_at,
    due_on as due_date,
    expires_on as expires_date,
    custom_fields,
    {{ version_columns() }}
from versions
