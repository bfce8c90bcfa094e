{%- set months_later = (fiscal_year_start_month() | int) - 1 %}

with

days as (
    select {{ each_day(
        "cast('2000-01-01' as date)",
        "cast(extract(year from " ~ as_of_date() ~ ") + 10 || '-12-31' as date)",
    ) }} as date_day
),

months as (
    select
        date_day,
        cast(date_trunc('month', date_day) as date) as month_start_date,
        cast(
            date_trunc('month', date_day) - interval '{{ months_later }}' month
            as date
        ) as fiscal_month
    from days
),

fiscal as (
    select
        date_day,
        month_start_date,
        cast(
            extract(year from fiscal_month) + {{ 1 if months_later else 0 }} as integer
        ) as fiscal_year,
        cast(extract(quarter from fiscal_month) as integer) as fiscal_quarter,
        cast(
            date_trunc('quarter', fiscal_month)
            + interval '{{ months_later }}' month
            as date
        ) as fiscal_quarter_start_date
    from months
)

select
    date_day,
    cast(extract(year from date_day) as integer) as year_number,
    cast(extract(quarter from date_day) as integer) as quarter_number,
    cast(extract(month from date_day) as integer) as month_number,
    {{ month_name('date_day') }} as month_name,
    month_start_date,
    cast(date_trunc('quarter', date_day) as date) as quarter_start_date,
    cast(date_trunc('week', date_day) as date) as week_start_date,
    {{ iso_weekday('date_day') }} as iso_weekday,
    {{ iso_weekday('date_day') }} <= 5 as is_weekday,
    fiscal_year,
    fiscal_quarter,
    'FY' || fiscal_year || ' Q' || fiscal_quarter as fiscal_quarter_label,
    fiscal_quarter_start_date,
    cast(fiscal_quarter_start_date + interval '3' month - interval '1' day as date)
        as fiscal_quarter_end_date
from fiscal
