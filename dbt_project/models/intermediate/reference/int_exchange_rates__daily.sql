{#- The rate of each currency on each day; before the first rate, the first. -#}
{{ config(materialized='table') }}

with

days as (
    select date_day from {{ ref('dim_date') }}
),

periods as (
    select
        currency_code,
        units_per_company_currency,
        case
            when lag(valid_from) over (partition by currency_code order by valid_from) is null
                then cast('1900-01-01' as date)
            else valid_from
        end as valid_from,
        lead(valid_from) over (partition by currency_code order by valid_from) as valid_to
    from {{ ref('int_exchange_rates__unioned') }}
)

select
    periods.currency_code,
    days.date_day,
    periods.units_per_company_currency
from periods
inner join days
    on days.date_day >= periods.valid_from
    and days.date_day < coalesce(periods.valid_to, cast('9999-12-31' as date))

union all

select
    '{{ company_currency() }}' as currency_code,
    date_day,
    cast(1 as double) as units_per_company_currency
from days
