with

dates as (
    select
        date_day,
        month_start_date,
        fiscal_quarter_start_date,
        fiscal_quarter_end_date
    from {{ ref('dim_date') }}
),

months as (
    select
        'month' as period_type,
        month_start_date as period_start_date,
        max(date_day) as period_end_date,
        count(*) as days
    from dates
    group by month_start_date
    having min(date_day) = month_start_date
),

quarters as (
    select
        'quarter' as period_type,
        fiscal_quarter_start_date as period_start_date,
        fiscal_quarter_end_date as period_end_date,
        count(*) as days
    from dates
    group by fiscal_quarter_start_date, fiscal_quarter_end_date
    having min(date_day) = fiscal_quarter_start_date
        and max(date_day) = fiscal_quarter_end_date
),

periods as (
    select
        period_type,
        period_start_date,
        period_end_date
    from months
    where days >= 28
    union all
    select
        period_type,
        period_start_date,
        period_end_date
    from quarters
)

select
    period_type,
    period_start_date,
    period_end_date,
    {{ as_of_date() }} as as_of_date
from periods
