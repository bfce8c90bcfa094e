{{ config(enabled='hubspot' in enabled_sources()) }}

select
    contact_id as lead_id,
    contact_name as lead_name,
    email,
    company_name,
    title,
    industry,
    employee_count,
    country,
    region_name,
    lead_source,
    case
        when converted_at is not null then 'Converted'
        else {{ lead_status('lead_status') }}
    end as status,
    owner_id,
    campaign_id,
    converted_at is not null as is_converted,
    converted_at,
    converted_deal_id as converted_opportunity_id,
    merged_into_id,
    merged_ids,
    created_at,
    custom_fields,
    is_deleted or lead_source is null as is_deleted,
    _changed_run
from {{ ref('stg_hubspot__contacts') }}
