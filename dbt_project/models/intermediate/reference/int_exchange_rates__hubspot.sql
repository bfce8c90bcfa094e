{{ config(enabled='hubspot' in enabled_sources()) }}

select
    exchange_rate_id,
    currency_code,
    valid_from,
    units_per_company_currency,
    is_deleted or to_currency_code <> '{{ company_currency() }}' as is_deleted,
    _changed_run
from {{ ref('stg_hubspot__exchange_rates') }}
