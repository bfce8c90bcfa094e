{{ config(unique_key='campaign_group_id') }}

with

versions as (
    {{ newest_versions(source('linkedin_ads', 'campaign_groups'), {'id': 'campaign_group_id'}) }}
)

select
    id as campaign_group_id,
    account_id,
    name as campaign_group_name,
    status,
    cast({{ utc('run_start_at') }} as date) as start_date,
    cast({{ utc('run_end_at') }} as date) as end_date,
    cast(total_budget as decimal(18, 2)) as budget_amount,
    budget_currency as currency_code,
    {{ utc('created_at') }} as created_at,
    {{ utc('last_modified_at') }} as updated_at,
    {{ version_columns() }}
from versions
