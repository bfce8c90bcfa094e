{{ config(unique_key=['form_id', 'submission_id']) }}

with

versions as (
    {{ newest_versions(
        source('hubspot', 'form_submissions'),
        {'form_id': 'form_id', 'id': 'submission_id'},
    ) }}
)

select
    form_id,
    id as submission_id,
    page_url,
    lower(email) as email,
    fields as form_fields,
    {{ utc('submitted_at') }} as submitted_at,
    {{ version_columns() }}
from versions
