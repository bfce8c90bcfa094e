{{ config(unique_key='business_unit_id') }}

with

versions as (
    {{ newest_versions(source('dynamics', 'business_units'), {'id': 'business_unit_id'}) }}
)

select
    id as business_unit_id,
    name as business_unit_name,
    parentbusinessunitid as parent_business_unit_id,
    isdisabled as is_disabled,
    {{ version_columns() }}
from versions
