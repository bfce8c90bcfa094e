{{ config(enabled='pipedrive' in enabled_sources()) }}

{#-
Revenue goals of persons by month. A goal repeats its target in each interval of its period; longer
intervals are spread evenly over their months, weeks over their days.
-#}

with

days as (
    select
        goal_id,
        assignee_id,
        goal_interval,
        currency_id,
        target_amount_original,
        is_deleted,
        _changed_run,
        {{ each_day('starts_on', 'coalesce(ends_on, ' ~ as_of_date() ~ ')') }} as day
    from {{ ref('stg_pipedrive__goals') }}
    where type_name = 'deals_won' and tracking_metric = 'sum' and assignee_type = 'person'
),

months as (
    select
        goal_id,
        assignee_id,
        goal_interval,
        currency_id,
        target_amount_original,
        is_deleted,
        _changed_run,
        cast(date_trunc('month', day) as date) as quota_month,
        count(*) as day_count
    from days
    group by
        goal_id, assignee_id, goal_interval, currency_id, target_amount_original, is_deleted,
        _changed_run, cast(date_trunc('month', day) as date)
)

select
    months.goal_id || '|' || months.quota_month as quota_id,
    months.assignee_id as owner_id,
    months.quota_month,
    cast(
        case months.goal_interval
            when 'weekly' then months.target_amount_original * months.day_count / 7
            when 'monthly' then months.target_amount_original
            when 'quarterly' then months.target_amount_original / 3
            when 'yearly' then months.target_amount_original / 12
        end as decimal(18, 2)
    ) as quota_amount_original,
    coalesce(currencies.currency_code, '{{ company_currency() }}') as currency_code,
    months.is_deleted,
    greatest(months._changed_run, coalesce(currencies._changed_run, 0)) as _changed_run
from months
left join {{ ref('stg_pipedrive__currencies') }} as currencies
    on months.currency_id = currencies.currency_id
