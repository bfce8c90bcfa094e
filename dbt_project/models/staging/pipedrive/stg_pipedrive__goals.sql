{{ config(unique_key='goal_id') }}

with

versions as (
    {{ newest_versions(source('pipedrive', 'goals'), {'id': 'goal_id'}) }}
)

select
    id as goal_id,
    title as goal_name,
    type_name,
    assignee_type,
    assignee_id,
    interval as goal_interval,
    tracking_metric,
    currency_id,
    cast(target as decimal(18, 2)) as target_amount_original,
    starts_on,
    ends_on,
    is_active,
    {{ version_columns() }}
from versions
