{{ config(unique_key='content_asset_id') }}

with

versions as (
    {{ newest_versions(source('files', 'content_assets'), {'id': 'content_asset_id'}) }}
)

select
    id as content_asset_id,
    name as content_asset_name,
    lower(type) as content_type,
    lower(status) as status,
    library as library_name,
    language,
    sales_stage as stage_name,
    version as content_version,
    url,
    owner_id,
    {{ utc('created_at') }} as created_at,
    {{ utc('updated_at') }} as updated_at,
    {{ utc('published_at') }} as published_at,
    expires_on as expires_date,
    custom_fields,
    {{ version_columns() }}
from versions
