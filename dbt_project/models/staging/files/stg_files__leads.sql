{{ config(unique_key='lead_id') }}

with

versions as (
    {{ newest_versions(source('files', 'leads'), {'id': 'lead_id'}) }}
)

select
    id as lead_id,
    nullif(trim(concat_ws(' ', first_name, last_name)), '') as lead_name,
    lower(email) as email,
    company as company_name,
    title,
    industry,
    employees as employee_count,
    country,
    region as region_name,
    source as lead_source,
    status,
    owner_id,
    campaign_id,
    is_converted,
    {{ utc('converted_at') }} as converted_at,
    converted_opportunity_id,
    cast(null as varchar) as merged_into_id,
    cast(null as varchar) as merged_ids,
    {{ utc('created_at') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions
