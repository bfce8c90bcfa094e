{{ config(unique_key='goal_id') }}

with

versions as (
    {{ newest_versions(source('dynamics', 'goals'), {'id': 'goal_id'}) }}
)

select
    id as goal_id,
    title as goal_name,
    goalownerid as owner_id,
    cast(date_trunc('month', {{ utc('goalstartdate') }} + interval 12 hour) as date) as goal_month,
    cast(targetmoney as decimal(18, 2)) as target_amount_original,
    transactioncurrencyid as currency_id,
    {{ version_columns() }}
from versions
