{{ config(unique_key='list_id') }}

with

versions as (
    {{ newest_versions(source('pardot', 'lists'), {'id': 'list_id'}) }}
)

select
    id as list_id,
    name as list_name,
    title as list_title,
    description,
    campaign_id,
    coalesce(is_dynamic, false) as is_dynamic,
    coalesce(is_public, false) as is_public,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions
