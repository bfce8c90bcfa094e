{{ config(unique_key=['spot_id', 'item_id']) }}

with

versions as (
    {{ newest_versions(source('highspot', 'items'), {'spot_id': 'spot_id', 'id': 'item_id'}) }}
)

select
    spot_id,
    id as item_id,
    title as item_name,
    description,
    content_type,
    content_name as file_name,
    author as author_name,
    {{ utc('date_added') }} as created_at,
    {{ utc('date_updated') }} as updated_at,
    {{ version_columns() }}
from versions
