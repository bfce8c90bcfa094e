{{ config(unique_key='quota_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'quotas'), {'id': 'quota_id'}) }}
)

select
    id as quota_id,
    quota_owner_id as owner_id,
    cast(date_trunc('month', start_date) as date) as quota_month,
    cast(quota_amount as decimal(18, 2)) as quota_amount_original,
    currency_iso_code as currency_code,
    {{ version_columns() }}
from versions
