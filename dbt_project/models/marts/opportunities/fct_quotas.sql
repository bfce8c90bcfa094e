with

quotas as (
    select * from {{ ref('int_quotas__unioned') }}
),

reps as (
    select * from {{ ref('int_sales_reps__versions') }}
),

rates as (
    select * from {{ ref('int_exchange_rates__daily') }}
)

select
    {{ surrogate_key('quotas.source', 'quotas.quota_id') }} as quota_key,
    coalesce(reps.sales_rep_key, {{ unassigned_rep_key() }}) as sales_rep_key,
    quotas.quota_month,
    cast(
        quotas.quota_amount_original / rates.units_per_company_currency as decimal(18, 2)
    ) as quota_amount,
    quotas.quota_month >= date_trunc('month', {{ as_of_date() }}) as is_ahead
from quotas
left join reps
    on {{ rep_valid_on('reps', 'quotas.source', 'quotas.owner_id', 'quotas.quota_month') }}
left join rates
    on coalesce(quotas.currency_code, '{{ company_currency() }}') = rates.currency_code
    and quotas.quota_month = rates.date_day
