{{ config(unique_key='lead_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'leads'), {'id': 'lead_id'}) }}
)

select
    id as lead_id,
    nullif(trim(concat_ws(' ', first_name, last_name)), '') as lead_name,
    lower(email) as email,
    company as company_name,
    title,
    industry,
    cast(number_of_employees as bigint) as employee_count,
    country,
    region_c as region_name,
    lead_source,
    status,
    owner_id,
    campaign_c as campaign_id,
    is_converted,
    coalesce({{ utc('converted_at_c') }}, cast(converted_date as timestamp)) as converted_at,
    converted_opportunity_id,
    master_record_id as merged_into_id,
    cast(null as varchar) as merged_ids,
    {{ utc('created_date') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions
