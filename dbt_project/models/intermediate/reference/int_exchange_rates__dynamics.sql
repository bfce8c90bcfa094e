{{ config(enabled='dynamics' in enabled_sources()) }}

{#-
Dataverse keeps the present rate alone, to its base currency: the versions that were landed are the
past, and a base that is not the company's currency is divided out at its present rate.
-#}

with

currencies as (
    select * from {{ ref('stg_dynamics__currencies') }}
),

company_rates as (
    select
        units_per_base_currency,
        row_number() over (order by version_at desc) as from_last
    from currencies
    where currency_code = '{{ company_currency() }}' and not is_deleted
)

select
    {{ surrogate_key('currencies.currency_id', 'currencies.version_at') }} as exchange_rate_id,
    currencies.currency_code,
    cast(currencies.version_at as date) as valid_from,
    currencies.units_per_base_currency / company_rates.units_per_base_currency
        as units_per_company_currency,
    currencies.is_deleted,
    currencies._changed_run
from currencies
inner join company_rates
    on company_rates.from_last = 1
