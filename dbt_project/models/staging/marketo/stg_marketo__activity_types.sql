{{ config(unique_key='activity_type_id') }}

with

versions as (
    {{ newest_versions(source('marketo', 'activity_types'), {'id': 'activity_type_id'}) }}
)

select
    cast(id as bigint) as activity_type_id,
    name as activity_type_name,
    description,
    primary_attribute,
    attributes,
    {{ version_columns() }}
from versions
