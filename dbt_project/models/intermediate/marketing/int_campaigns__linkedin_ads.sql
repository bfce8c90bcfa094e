{{ config(enabled='linkedin_ads' in enabled_sources()) }}

select
    campaign_group_id as campaign_id,
    campaign_group_name as campaign_name,
    'LINKEDIN' as channel,
    status,
    start_date,
    end_date,
    budget_amount,
    is_deleted,
    _changed_run
from {{ ref('stg_linkedin_ads__campaign_groups') }}
