{{ config(unique_key='content_view_id') }}

with

versions as (
    {{ newest_versions(source('files', 'content_views'), {'id': 'content_view_id'}) }}
)

select
    id as content_view_id,
    content_asset_id,
    lower(action) as action,
    lower(viewer_email) as viewer_email,
    lower(shared_by_email) as shared_by_email,
    account_id,
    contact_id,
    opportunity_id,
    {{ utc('viewed_at') }} as viewed_at,
    duration_seconds,
    page_count,
    custom_fields,
    {{ version_columns() }}
from versions
