{{ config(unique_key='contact_id') }}

with

versions as (
    {{ newest_versions(source('dynamics', 'contacts'), {'id': 'contact_id'}) }}
)

select
    id as contact_id,
    case when parentcustomerid_type = 'account' then parentcustomerid end as account_id,
    nullif(trim(concat_ws(' ', firstname, lastname)), '') as contact_name,
    lower(emailaddress1) as email,
    telephone1 as phone,
    jobtitle as title,
    masterid as merged_into_id,
    cast(null as varchar) as merged_ids,
    {{ utc('createdon') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions
