{{ config(unique_key='opportunity_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'opportunities'), {'id': 'opportunity_id'}) }}
)

select
    id as opportunity_id,
    account_id,
    owner_id,
    contact_id,
    product_c as product_id,
    campaign_id,
    name as opportunity_name,
    type as opportunity_type,
    stage_name as stage_id,
    cast(amount as decimal(18, 2)) as amount_original,
    coalesce(currency_iso_code, '{{ company_currency() }}') as currency_code,
    cast(probability / 100.0 as double) as probability_rate,
    {{ forecast_category('forecast_category_name') }} as forecast_category,
    close_date,
    is_closed,
    is_won,
    lead_source,
    loss_reason_c as loss_reason,
    competitor_c as competitor_name,
    next_step,
    {{ utc('created_date') }} as created_at,
    cast(null as timestamp) as closed_at,
    cast(null as date) as known_until,
    custom_fields,
    {{ version_columns() }}
from versions
