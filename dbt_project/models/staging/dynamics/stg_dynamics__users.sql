{{ config(unique_key=['user_id', 'version_at']) }}

with

versions as (
    {{ newest_versions(
        source('dynamics', 'users'),
        {'id': 'user_id', '_version_at': 'version_at'},
    ) }}
)

select
    id as user_id,
    {{ utc('_version_at') }} as version_at,
    nullif(trim(concat_ws(' ', firstname, lastname)), '') as rep_name,
    lower(coalesce(domainname, internalemailaddress)) as rep_username,
    coalesce(new_salesrole_label, title) as role,
    businessunitid as business_unit_id,
    businessunitid_label as business_unit_name,
    territoryid_label as territory_name,
    parentsystemuserid as manager_id,
    new_hiredate as hired_date,
    not isdisabled as is_active,
    {{ utc('createdon') }} as created_at,
    {{ version_columns() }}
from versions
