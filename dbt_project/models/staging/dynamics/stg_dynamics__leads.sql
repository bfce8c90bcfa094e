{{ config(unique_key='lead_id') }}

with

versions as (
    {{ newest_versions(source('dynamics', 'leads'), {'id': 'lead_id'}) }}
)

select
    id as lead_id,
    nullif(trim(concat_ws(' ', firstname, lastname)), '') as lead_name,
    lower(emailaddress1) as email,
    companyname as company_name,
    jobtitle as title,
    industrycode_label as industry,
    cast(numberofemployees as bigint) as employee_count,
    address1_country as country,
    new_territoryid_label as region_name,
    leadsourcecode_label as lead_source,
    statuscode_label as status_reason,
    statecode = 1 as is_qualified,
    statecode = 2 as is_disqualified,
    owninguser as owner_id,
    campaignid as campaign_id,
    {{ utc('new_qualifiedon') }} as qualified_at,
    qualifyingopportunityid as qualifying_opportunity_id,
    masterid as merged_into_id,
    cast(null as varchar) as merged_ids,
    {{ utc('createdon') }} as created_at,
    {{ utc('modifiedon') }} as modified_at,
    custom_fields,
    {{ version_columns() }}
from versions
