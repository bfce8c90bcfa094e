{{ config(unique_key='campaign_id') }}

with

versions as (
    {{ newest_versions(source('google_ads', 'campaigns'), {'id': 'campaign_id'}) }}
)

select
    id as campaign_id,
    name as campaign_name,
    advertising_channel_type as channel,
    status,
    start_date,
    end_date,
    cast(budget_micros / 1000000.0 as decimal(18, 2)) as budget_amount,
    currency_code,
    {{ version_columns() }}
from versions
