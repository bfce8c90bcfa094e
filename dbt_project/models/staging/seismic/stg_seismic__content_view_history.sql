{{ config(unique_key='content_view_id') }}

with

versions as (
    {{ newest_versions(source('seismic', 'content_view_history'), {'id': 'content_view_id'}) }}
)

select
    id as content_view_id,
    action,
    application,
    product_area,
    content_id as item_id,
    library_content_id as content_id,
    context_id as crm_record_id,
    context_name as crm_record_name,
    lower(context_type) as crm_record_type,
    lower(context_system_type) as crm_type,
    user_id,
    {{ utc('occurred_at') }} as occurred_at,
    {{ utc('modified_at') }} as updated_at,
    {{ version_columns() }}
from versions
