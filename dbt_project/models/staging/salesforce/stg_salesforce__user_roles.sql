{{ config(unique_key='user_role_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'user_roles'), {'id': 'user_role_id'}) }}
)

select
    id as user_role_id,
    name as user_role_name,
    parent_role_id,
    {{ version_columns() }}
from versions
