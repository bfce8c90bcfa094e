{{ config(unique_key='form_id') }}

with

versions as (
    {{ newest_versions(source('eloqua', 'forms'), {'id': 'form_id'}) }}
)

select
    id as form_id,
    name as form_name,
    html_name,
    description,
    current_status as status,
    processing_type,
    folder_id,
    coalesce(is_hidden, false) as is_hidden,
    coalesce(is_responsive, false) as is_responsive,
    coalesce(archived, false) as is_archived,
    {{ utc('created_at') }} as created_at,
    {{ utc('updated_at') }} as updated_at,
    {{ version_columns() }}
from versions
