{#-
Rates of the first source, in the order in which they are on, that has the currency: one currency
has one rate on one day.
-#}
{{ config(materialized='table') }}

with

rates as (
    {{ unite(
        {
            'salesforce': 'stg_salesforce__exchange_rates',
            'hubspot': 'int_exchange_rates__hubspot',
            'dynamics': 'int_exchange_rates__dynamics',
        },
        {
            'exchange_rate_id': 'varchar',
            'currency_code': 'varchar',
            'valid_from': 'date',
            'units_per_company_currency': 'double',
        },
    ) }}
),

ranked as (
    select
        *,
        dense_rank() over (
            partition by currency_code
            order by
                case source
                    {%- for name in enabled_sources() %}
                    when '{{ name }}' then {{ loop.index }}
                    {%- endfor %}
                end
        ) as source_rank,
        row_number() over (
            partition by currency_code, source, valid_from order by exchange_rate_id desc
        ) as duplicate_rank
    from rates
    where currency_code <> '{{ company_currency() }}'
        and units_per_company_currency > 0
)

select
    currency_code,
    valid_from,
    units_per_company_currency,
    _changed_run
from ranked
where source_rank = 1 and duplicate_rank = 1
