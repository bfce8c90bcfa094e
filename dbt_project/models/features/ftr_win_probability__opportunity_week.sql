{%- set shrinkage_deals = 20 -%}

with

snapshots as (
    select
        snapshot_date,
        opportunity_key,
        sales_rep_key,
        stage_name,
        stage_order,
        amount,
        probability_rate,
        close_date,
        forecast_category
    from {{ ref('fct_pipeline_snapshots_daily') }}
    where snapshot_date <= {{ as_of_date() }}
),

opportunities as (
    select
        opportunity_key,
        account_key,
        sales_rep_key,
        product_key,
        opportunity_type,
        lead_source,
        created_date,
        is_closed,
        is_won,
        coalesce({{ local_date('closed_at') }}, close_date) as outcome_date
    from {{ ref('fct_opportunities') }}
),

accounts as (
    select
        account_key,
        segment,
        industry
    from {{ ref('dim_accounts') }}
),

products as (
    select
        product_key,
        product_family
    from {{ ref('dim_products') }}
),

reps as (
    select
        sales_rep_key,
        source || '|' || sales_rep_id as rep
    from {{ ref('dim_sales_reps') }}
),

dates as (
    select
        date_day,
        iso_weekday,
        fiscal_quarter_end_date
    from {{ ref('dim_date') }}
),

activities as (
    select
        opportunity_key,
        contact_key,
        activity_type,
        direction,
        activity_date
    from {{ ref('fct_activities') }}
    where opportunity_key is not null
        and is_completed
        and activity_type in ('call', 'email', 'meeting')
),

newest_snapshot as (
    select max(snapshot_date) as snapshot_date
    from snapshots
),

with_previous as (
    select
        snapshots.*,
        first_value(amount) over life as first_amount,
        lag(close_date) over life as previous_close_date,
        lag(stage_order) over life as previous_stage_order
    from snapshots
    window life as (partition by opportunity_key order by snapshot_date)
),

with_changes as (
    select
        with_previous.*,
        case
            when close_date > previous_close_date
                then {{ days_from('previous_close_date', 'close_date') }}
        end as pushed_days,
        case when stage_order < previous_stage_order then 1 else 0 end as is_regression,
        case
            when previous_stage_order is null or stage_order <> previous_stage_order
                then snapshot_date
        end as stage_change_date
    from with_previous
),

-- Most days change nothing: running totals are kept for those that do.
changes as (
    select
        opportunity_key,
        snapshot_date as changed_date,
        count(pushed_days) over so_far as push_count,
        coalesce(sum(pushed_days) over so_far, 0) as days_pushed,
        sum(is_regression) over so_far as regression_count,
        max(stage_change_date) over so_far as stage_since_date
    from with_changes
    where pushed_days is not null or stage_change_date is not null
    window so_far as (
        partition by opportunity_key order by snapshot_date
        rows between unbounded preceding and current row
    )
),

sampled as (
    select
        with_changes.*,
        reps.rep,
        dates.fiscal_quarter_end_date,
        with_changes.snapshot_date = newest_snapshot.snapshot_date as is_current,
        count(*) over (partition by reps.rep, with_changes.snapshot_date) as rep_open_count
    from with_changes
    cross join newest_snapshot
    inner join dates
        on with_changes.snapshot_date = dates.date_day
    left join reps
        on with_changes.sales_rep_key = reps.sales_rep_key
    where dates.iso_weekday = 7
        or with_changes.snapshot_date = newest_snapshot.snapshot_date
),

weeks as (
    select
        sampled.*,
        changes.push_count,
        changes.days_pushed,
        changes.regression_count,
        changes.stage_since_date
    from sampled
    asof inner join changes
        on sampled.opportunity_key = changes.opportunity_key
        and sampled.snapshot_date >= changes.changed_date
),

outcomes as (
    select
        reps.rep,
        opportunities.outcome_date,
        count(*) as closed_count,
        sum(case when opportunities.is_won then 1 else 0 end) as won_count
    from opportunities
    left join reps
        on opportunities.sales_rep_key = reps.sales_rep_key
    where opportunities.is_closed
    group by reps.rep, opportunities.outcome_date
),

week_dates as (
    select distinct snapshot_date  -- one row a date, whatever is open on it
    from weeks
),

company_records as (
    select
        week_dates.snapshot_date,
        (sum(outcomes.won_count) + 0.25 * {{ shrinkage_deals }})
        / (sum(outcomes.closed_count) + {{ shrinkage_deals }}) as company_win_rate
    from week_dates
    inner join outcomes
        on outcomes.outcome_date <= week_dates.snapshot_date
    group by week_dates.snapshot_date
),

rep_dates as (
    select distinct  -- one row a rep and date, whatever the rep has open
        rep,
        snapshot_date
    from weeks
),

rep_records as (
    select
        rep_dates.rep,
        rep_dates.snapshot_date,
        sum(outcomes.won_count) as won_count,
        sum(outcomes.closed_count) as closed_count
    from rep_dates
    inner join outcomes
        on rep_dates.rep = outcomes.rep
        and outcomes.outcome_date <= rep_dates.snapshot_date
    group by rep_dates.rep, rep_dates.snapshot_date
),

activity_features as (
    select
        weeks.opportunity_key,
        weeks.snapshot_date,
        sum(case when activities.activity_date > weeks.snapshot_date - 7 then 1 else 0 end)
            as activity_count_7d,
        sum(case when activities.activity_date > weeks.snapshot_date - 30 then 1 else 0 end)
            as activity_count_30d,
        sum(
            case
                when activities.activity_date > weeks.snapshot_date - 30
                    and activities.direction = 'inbound'
                    then 1
                else 0
            end
        ) as inbound_count_30d,
        sum(
            case
                when activities.activity_date > weeks.snapshot_date - 30
                    and activities.activity_type = 'meeting'
                    then 1
                else 0
            end
        ) as meeting_count_30d,
        count(
            distinct case
                when activities.activity_date > weeks.snapshot_date - 30
                    then activities.contact_key
            end
        ) as contact_count_30d,
        max(activities.activity_date) as last_activity_date
    from weeks
    inner join activities
        on weeks.opportunity_key = activities.opportunity_key
        and activities.activity_date <= weeks.snapshot_date
    group by weeks.opportunity_key, weeks.snapshot_date
)

select
    weeks.opportunity_key,
    weeks.snapshot_date as as_of_date,
    weeks.is_current and not opportunities.is_closed as is_current,
    weeks.stage_name,
    cast(weeks.stage_order as integer) as stage_order,
    cast(weeks.probability_rate as double) as probability_rate,
    weeks.forecast_category,
    accounts.segment,
    accounts.industry,
    opportunities.lead_source,
    opportunities.opportunity_type,
    products.product_family,
    cast(weeks.amount as double) as amount,
    case
        when weeks.first_amount > 0
            then cast(weeks.amount as double) / cast(weeks.first_amount as double) - 1
    end as amount_change_rate,
    {{ days_from('opportunities.created_date', 'weeks.snapshot_date') }} as age_days,
    {{ days_from('weeks.stage_since_date', 'weeks.snapshot_date') }} as stage_age_days,
    cast(weeks.regression_count as integer) as regression_count,
    cast(weeks.push_count as integer) as push_count,
    cast(weeks.days_pushed as integer) as days_pushed,
    {{ days_from('weeks.snapshot_date', 'weeks.close_date') }} as days_to_close_date,
    {{ days_from('weeks.snapshot_date', 'weeks.fiscal_quarter_end_date') }} as days_to_quarter_end,
    weeks.close_date <= weeks.fiscal_quarter_end_date as is_due_this_quarter,
    cast(
        (
            coalesce(rep_records.won_count, 0)
            + {{ shrinkage_deals }} * coalesce(company_records.company_win_rate, 0.25)
        ) / (coalesce(rep_records.closed_count, 0) + {{ shrinkage_deals }}) as double
    ) as rep_win_rate,
    cast(weeks.rep_open_count as integer) as rep_open_count,
    cast(coalesce(activity_features.activity_count_7d, 0) as integer) as activity_count_7d,
    cast(coalesce(activity_features.activity_count_30d, 0) as integer) as activity_count_30d,
    cast(coalesce(activity_features.inbound_count_30d, 0) as integer) as inbound_count_30d,
    cast(coalesce(activity_features.meeting_count_30d, 0) as integer) as meeting_count_30d,
    cast(coalesce(activity_features.contact_count_30d, 0) as integer) as contact_count_30d,
    {{ days_from('activity_features.last_activity_date', 'weeks.snapshot_date') }}
        as days_since_last_activity,
    case when opportunities.is_closed then opportunities.is_won end as is_won,
    case when opportunities.is_closed then opportunities.outcome_date end as outcome_date
from weeks
inner join opportunities
    on weeks.opportunity_key = opportunities.opportunity_key
left join accounts
    on opportunities.account_key = accounts.account_key
left join products
    on opportunities.product_key = products.product_key
left join company_records
    on weeks.snapshot_date = company_records.snapshot_date
left join rep_records
    on weeks.rep = rep_records.rep
    and weeks.snapshot_date = rep_records.snapshot_date
left join activity_features
    on weeks.opportunity_key = activity_features.opportunity_key
    and weeks.snapshot_date = activity_features.snapshot_date
