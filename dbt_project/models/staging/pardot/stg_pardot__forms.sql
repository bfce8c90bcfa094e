{{ config(unique_key='form_id') }}

with

versions as (
    {{ newest_versions(source('pardot', 'forms'), {'id': 'form_id'}) }}
)

select
    id as form_id,
    name as form_name,
    campaign_id,
    {{ utc('created_at') }} as created_at,
    {{ version_columns() }}
from versions
