{{ config(unique_key='object_territory_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'object_territories'), {'id': 'object_territory_id'}) }}
)

select
    id as object_territory_id,
    object_id,
    sobject_type as object_type,
    territory2_id as territory_id,
    association_cause,
    {{ version_columns() }}
from versions
