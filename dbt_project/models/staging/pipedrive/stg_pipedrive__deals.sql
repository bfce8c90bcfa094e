{{ config(unique_key='opportunity_id') }}

with

versions as (
    {{ newest_versions(source('pipedrive', 'deals'), {'id': 'opportunity_id'}) }}
)

select
    id as opportunity_id,
    org_id as account_id,
    owner_id,
    person_id as contact_id,
    channel_id as campaign_id,
    title as opportunity_name,
    opportunity_type,
    pipeline_id,
    stage_id,
    status,
    cast(value as decimal(18, 2)) as amount_original,
    coalesce(currency, '{{ company_currency() }}') as currency_code,
    cast(probability / 100 as double) as probability_rate,
    {{ forecast_category('forecast_category') }} as forecast_category,
    expected_close_date,
    local_close_date,
    {{ utc('close_time') }} as close_at,
    status in ('won', 'lost') as is_closed,
    status = 'won' as is_won,
    channel_name as lead_source,
    lost_reason as loss_reason,
    competitor as competitor_name,
    next_step,
    source_lead_id,
    company as company_name,
    industry,
    employees as employee_count,
    country,
    region as region_name,
    {{ utc('lead_created_at') }} as lead_created_at,
    {{ utc('add_time') }} as created_at,
    custom_fields,
    {{ version_columns() }}
from versions
