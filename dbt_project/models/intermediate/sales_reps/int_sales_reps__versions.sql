{#-
Periods in which what is known of a representative did not change, by date. The first is valid from 1900,
the last has no end. Of several versions on one day the last counts. One who was removed at the
source stays, inactive, with what was last known.
-#}
{{ config(materialized='table') }}

with

filled as (
    select
        source,
        sales_rep_id,
        version_at,
        {{ local_date('version_at') }} as version_date,
        {% for column in [
            'rep_name', 'rep_username', 'role', 'team_name', 'region_name',
            'manager_id', 'manager_name', 'hired_date',
        ] -%}
        case
            when is_removed then last_value({{ column }} ignore nulls) over versions
            else {{ column }}
        end as {{ column }},
        {% endfor -%}
        coalesce(is_active, true) and not is_removed as is_active,
        max(_changed_run) over (partition by source, sales_rep_id) as _changed_run
    from {{ ref('int_sales_reps__unioned') }}
    window versions as (
        partition by source, sales_rep_id
        order by version_at
        rows between unbounded preceding and current row
    )
),

daily as (
    select
        *,
        row_number() over (
            partition by source, sales_rep_id, version_date order by version_at desc
        ) as from_last
    from filled
),

described as (
    select
        *,
        concat_ws(
            '|',
            coalesce(rep_name, ''),
            coalesce(rep_username, ''),
            coalesce(role, ''),
            coalesce(team_name, ''),
            coalesce(region_name, ''),
            coalesce(cast(hired_date as varchar), ''),
            cast(is_active as varchar)
        ) as description
    from daily
    where from_last = 1
),

changed as (
    select
        *,
        lag(description) over (partition by source, sales_rep_id order by version_date)
            as previous_description
    from described
),

current_managers as (
    select
        source,
        sales_rep_id,
        manager_id,
        manager_name,
        rep_name,
        rep_username,
        row_number() over (
            partition by source, sales_rep_id order by version_date desc
        ) as from_last,
        row_number() over (
            partition by source, rep_name order by version_date desc, sales_rep_id asc
        ) as from_last_of_name
    from described
),

periods as (
    select
        source,
        sales_rep_id,
        rep_name,
        rep_username,
        role,
        team_name,
        region_name,
        hired_date,
        is_active,
        case
            when previous_description is null then cast('1900-01-01' as date)
            else version_date
        end as valid_from,
        lead(version_date) over (partition by source, sales_rep_id order by version_date)
            as valid_to,
        _changed_run
    from changed
    where previous_description is null or description <> previous_description
)

select
    md5(periods.source || '|' || periods.sales_rep_id || '|' || periods.valid_from)
        as sales_rep_key,
    periods.source,
    periods.sales_rep_id,
    periods.rep_name,
    periods.rep_username,
    periods.role,
    periods.team_name,
    periods.region_name,
    coalesce(by_id.rep_name, by_name.rep_name, own.manager_name) as manager_name,
    coalesce(by_id.rep_username, by_name.rep_username) as manager_username,
    periods.hired_date,
    periods.is_active,
    periods.valid_from,
    periods.valid_to,
    periods.valid_to is null as is_current,
    periods._changed_run
from periods
left join current_managers as own
    on periods.source = own.source
    and periods.sales_rep_id = own.sales_rep_id
    and own.from_last = 1
left join current_managers as by_id
    on own.source = by_id.source
    and own.manager_id = by_id.sales_rep_id
    and by_id.from_last = 1
left join current_managers as by_name
    on own.source = by_name.source
    and own.manager_name = by_name.rep_name
    and by_name.from_last_of_name = 1
