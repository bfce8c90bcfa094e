{{ config(unique_key='team_id') }}

with

versions as (
    {{ newest_versions(source('dynamics', 'teams'), {'id': 'team_id'}) }}
)

select
    id as team_id,
    name as team_name,
    businessunitid as business_unit_id,
    teamtype_label as team_type,
    isdefault as is_default,
    {{ version_columns() }}
from versions
