{{ config(unique_key='exchange_rate_id') }}

with

versions as (
    {{ newest_versions(source('salesforce', 'exchange_rates'), {'id': 'exchange_rate_id'}) }}
)

select
    id as exchange_rate_id,
    iso_code as currency_code,
    start_date as valid_from,
    cast(conversion_rate as double) as units_per_company_currency,
    {{ version_columns() }}
from versions
