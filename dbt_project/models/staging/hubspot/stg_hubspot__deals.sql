{{ config(unique_key='opportunity_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'deals'), {'id': 'opportunity_id'}) }}
)

select
    id as opportunity_id,
    company_id as account_id,
    hubspot_owner_id as owner_id,
    contact_id,
    product_id,
    campaign_id,
    dealname as opportunity_name,
    dealtype as opportunity_type,
    pipeline as pipeline_id,
    dealstage as stage_id,
    cast(amount as decimal(18, 2)) as amount_original,
    coalesce(deal_currency_code, '{{ company_currency() }}') as currency_code,
    cast(hs_deal_stage_probability as double) as probability_rate,
    {{ forecast_category('hs_manual_forecast_category') }} as forecast_category,
    {{ date_of_instant(utc('closedate')) }} as close_date,
    hs_is_closed as is_closed,
    hs_is_closed_won as is_won,
    lead_source,
    closed_lost_reason as loss_reason,
    competitor as competitor_name,
    hs_next_step as next_step,
    {{ utc('created_at') }} as created_at,
    cast(null as timestamp) as closed_at,
    cast(null as date) as known_until,
    custom_fields,
    {{ version_columns() }}
from versions
