{{ config(unique_key='creative_id') }}

with

versions as (
    {{ newest_versions(source('linkedin_ads', 'creatives'), {'id': 'creative_id'}) }}
)

select
    id as creative_id,
    account_id,
    campaign_id,
    intended_status as status,
    is_serving,
    content_reference,
    {{ utc('created_at') }} as created_at,
    {{ utc('last_modified_at') }} as updated_at,
    {{ version_columns() }}
from versions
