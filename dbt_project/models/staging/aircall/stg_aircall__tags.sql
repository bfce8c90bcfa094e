{{ config(unique_key='tag_id') }}

with

versions as (
    {{ newest_versions(source('aircall', 'tags'), {'id': 'tag_id'}) }}
)

select
    id as tag_id,
    name as tag_name,
    color,
    {{ version_columns() }}
from versions
