{{ config(unique_key='territory_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'territories'), {'id': 'territory_id'}) }}
)

select
    id as territory_id,
    name as territory_name,
    developer_name,
    description,
    parent_territory2_id as parent_territory_id,
    territory2_type_id as territory_type_id,
    territory2_model_id as territory_model_id,
    forecast_user_id,
    custom_fields,
    {{ version_columns() }}
from versions
