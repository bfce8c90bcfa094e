{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget('opportunity_key', changed_opportunities()) }}",
    post_hook="{{ remember_run() }}",
) }}

-- depends_on: {{ ref('int_opportunities__changes') }}

with

states as (
    select
        *,
        row_number() over (
            partition by opportunity_key, changed_date order by state_number desc
        ) = 1 as is_last_of_day
    from {{ ref('int_opportunities__states') }}
    where changed_date <= {{ as_of_date() }}
),

periods as (
    select
        *,
        lead(changed_date) over (partition by opportunity_key order by changed_date) as next_date
    from states
    where is_last_of_day
),

open_periods as (
    select
        *,
        coalesce(
            cast(next_date - interval '1' day as date),
            least({{ as_of_date() }}, coalesce(known_until, {{ as_of_date() }}))
        ) as last_date
    from periods
    where not is_closed and forecast_category <> 'Omitted'
),

{%- if is_incremental() %}

built as (
    select cast(max(snapshot_date) + interval '1' day as date) as next_day
    from {{ this }}
),
{%- endif %}

wanted as (
    {%- if is_incremental() %}
    select
        open_periods.*,
        open_periods.changed_date as first_date
    from open_periods
    where opportunity_key in (select changed.opportunity_key from {{ changed_keys() }} as changed)
    union all
    select
        open_periods.*,
        greatest(open_periods.changed_date, built.next_day) as first_date
    from open_periods
    cross join built
    left join {{ changed_keys() }} as changed
        on open_periods.opportunity_key = changed.opportunity_key
    where open_periods.last_date >= built.next_day
        and changed.opportunity_key is null
    {%- else %}
    select
        open_periods.*,
        open_periods.changed_date as first_date
    from open_periods
    {%- endif %}
),

days as (
    select
        opportunity_key,
        source,
        owner_id,
        currency_code,
        stage_name,
        stage_order,
        amount_original,
        probability_rate,
        close_date,
        forecast_category,
        {{ each_day('first_date', 'last_date') }} as snapshot_date
    from wanted
),

reps as (
    select * from {{ ref('int_sales_reps__versions') }}
),

rates as (
    select * from {{ ref('int_exchange_rates__daily') }}
),

valued as (
    select
        days.*,
        coalesce(reps.sales_rep_key, {{ unassigned_rep_key() }}) as sales_rep_key,
        cast(
            days.amount_original / rates.units_per_company_currency as decimal(18, 2)
        ) as amount
    from days
    left join reps
        on {{ rep_valid_on('reps', 'days.source', 'days.owner_id', 'days.snapshot_date') }}
    left join rates
        on days.currency_code = rates.currency_code
        and days.snapshot_date = rates.date_day
)

select
    snapshot_date,
    opportunity_key,
    sales_rep_key,
    stage_name,
    stage_order,
    amount,
    probability_rate,
    cast(amount * probability_rate as decimal(18, 4)) as weighted_amount,
    close_date,
    forecast_category
from valued
