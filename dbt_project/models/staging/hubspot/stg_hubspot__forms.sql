{{ config(unique_key='form_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'forms'), {'id': 'form_id'}) }}
)

select
    id as form_id,
    name as form_name,
    form_type,
    coalesce(archived, false) as is_archived,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions
