with

accounts as (
    select * from {{ ref('int_accounts__unioned') }}
),

keys as (
    select * from {{ ref('int_accounts__keys') }}
)

select
    keys.account_key,
    accounts.account_id,
    accounts.source,
    accounts.account_name,
    accounts.industry,
    accounts.segment,
    accounts.employee_count,
    accounts.annual_revenue_amount,
    accounts.country,
    accounts.region_name,
    accounts.website,
    accounts.created_at,
    accounts.custom_fields
from accounts
inner join keys
    on accounts.source = keys.source
    and accounts.account_id = keys.account_id
where keys.account_key = {{ surrogate_key('accounts.source', 'accounts.account_id') }}
