{{ config(unique_key='lead_id') }}

with

versions as (
    {{ newest_versions(source('pipedrive', 'leads'), {'id': 'lead_id'}) }}
)

select
    id as lead_id,
    title as lead_title,
    owner_id,
    person_id,
    organization_id as account_id,
    channel_name as lead_source,
    channel_id as campaign_id,
    lead_status,
    company as company_name,
    industry,
    employees as employee_count,
    country,
    region as region_name,
    cast(value_amount as decimal(18, 2)) as amount_original,
    value_currency as currency_code,
    is_archived,
    coalesce({{ utc('lead_created_at') }}, {{ utc('add_time') }}) as created_at,
    {{ utc('lead_converted_at') }} as converted_at,
    custom_fields,
    {{ version_columns() }}
from versions
