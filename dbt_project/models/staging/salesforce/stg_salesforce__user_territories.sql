{{ config(unique_key='user_territory_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'user_territories'), {'id': 'user_territory_id'}) }}
)

select
    id as user_territory_id,
    user_id,
    territory2_id as territory_id,
    role_in_territory2 as role,
    is_active,
    {{ version_columns() }}
from versions
