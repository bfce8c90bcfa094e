{{ config(unique_key='exchange_rate_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'exchange_rates'), {'id': 'exchange_rate_id'}) }}
)

select
    id as exchange_rate_id,
    from_currency_code as currency_code,
    to_currency_code,
    cast({{ utc('effective_at') }} as date) as valid_from,
    cast(1.0 / nullif(conversion_rate, 0) as double) as units_per_company_currency,
    {{ version_columns() }}
from versions
