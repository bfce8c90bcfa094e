{{ config(enabled='dynamics' in enabled_sources()) }}

with

currencies as (
    select
        currency_id,
        max(currency_code) as currency_code
    from {{ ref('stg_dynamics__currencies') }}
    group by currency_id
)

select
    goals.goal_id as quota_id,
    goals.owner_id,
    goals.goal_month as quota_month,
    goals.target_amount_original as quota_amount_original,
    coalesce(currencies.currency_code, '{{ company_currency() }}') as currency_code,
    goals.is_deleted,
    goals._changed_run
from {{ ref('stg_dynamics__goals') }} as goals
left join currencies
    on goals.currency_id = currencies.currency_id
