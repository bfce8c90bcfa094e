{{ config(unique_key='spot_id') }}

with

versions as (
    {{ newest_versions(source('highspot', 'spots'), {'id': 'spot_id'}) }}
)

select
    id as spot_id,
    title as spot_name,
    description,
    {{ utc('date_added') }} as created_at,
    {{ version_columns() }}
from versions
