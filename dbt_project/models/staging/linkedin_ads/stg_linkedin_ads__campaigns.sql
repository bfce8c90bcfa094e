{{ config(unique_key='campaign_id') }}

with

versions as (
    {{ newest_versions(source('linkedin_ads', 'campaigns'), {'id': 'campaign_id'}) }}
)

select
    id as campaign_id,
    account_id,
    campaign_group_id,
    name as campaign_name,
    status,
    type as campaign_type,
    cost_type,
    objective_type,
    cast({{ utc('run_start_at') }} as date) as start_date,
    cast({{ utc('run_end_at') }} as date) as end_date,
    cast(daily_budget as decimal(18, 2)) as daily_budget_amount,
    cast(total_budget as decimal(18, 2)) as budget_amount,
    cast(unit_cost as decimal(18, 2)) as unit_cost_amount,
    budget_currency as currency_code,
    {{ utc('created_at') }} as created_at,
    {{ utc('last_modified_at') }} as updated_at,
    {{ version_columns() }}
from versions
