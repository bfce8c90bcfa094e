{{ config(unique_key='contact_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'contacts'), {'id': 'contact_id'}) }}
)

select
    id as contact_id,
    associatedcompanyid as account_id,
    nullif(trim(concat_ws(' ', firstname, lastname)), '') as contact_name,
    lower(email) as email,
    phone,
    jobtitle as title,
    company as company_name,
    industry,
    cast(numemployees as bigint) as employee_count,
    country,
    region as region_name,
    lifecyclestage as lifecycle_stage,
    hs_lead_status as lead_status,
    {{ utc('hs_lifecyclestage_lead_date') }} as became_lead_at,
    {{ utc('hs_lifecyclestage_salesqualifiedlead_date') }} as became_sales_qualified_lead_at,
    {{ utc('hs_lifecyclestage_opportunity_date') }} as became_opportunity_at,
    hubspot_owner_id as owner_id,
    lead_source,
    {{ utc('converted_at') }} as converted_at,
    converted_deal_id,
    campaign_id,
    cast(null as varchar) as merged_into_id,
    hs_merged_object_ids as merged_ids,
    {{ utc('created_at') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions
