{{ config(unique_key='opportunity_id') }}

with

versions as (
    {{ newest_versions(source('files', 'opportunities'), {'id': 'opportunity_id'}) }}
)

select
    id as opportunity_id,
    account_id,
    owner_id,
    contact_id,
    product_id,
    campaign_id,
    name as opportunity_name,
    type as opportunity_type,
    stage as stage_id,
    cast(amount as decimal(18, 2)) as amount_original,
    coalesce(currency, '{{ company_currency() }}') as currency_code,
    cast(probability / 100.0 as double) as probability_rate,
    {{ forecast_category('forecast_category') }} as forecast_category,
    close_date,
    is_closed,
    is_won,
    lead_source,
    loss_reason,
    competitor as competitor_name,
    next_step,
    {{ utc('created_at') }} as created_at,
    {{ utc('closed_at') }} as closed_at,
    known_until,
    custom_fields,
    {{ version_columns() }}
from versions
