{{ config(unique_key='quota_id') }}

with

versions as (
    {{ newest_versions(source('hubspot', 'goal_targets'), {'id': 'quota_id'}) }}
)

select
    id as quota_id,
    hs_goal_name as goal_name,
    hubspot_owner_id as owner_id,
    cast(date_trunc('month', {{ utc('hs_start_datetime') }} + interval 12 hour) as date)
        as quota_month,
    cast(hs_target_amount as decimal(18, 2)) as quota_amount_original,
    currency as currency_code,
    {{ version_columns() }}
from versions
