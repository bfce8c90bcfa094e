{{ config(unique_key='view_key') }}

with

versions as (
    {{ newest_versions(source('highspot', 'views'), {'view_key': 'view_key'}) }}
)

select
    view_key,
    item_id,
    pitch_id,
    lower(viewer_email) as viewer_email,
    lower(viewer_type) as viewer_type,
    lower(downloaded) in ('yes', 'true', '1') as is_downloaded,
    time_spent_seconds as duration_seconds,
    {{ utc('viewed_at') }} as viewed_at,
    {{ version_columns() }}
from versions
