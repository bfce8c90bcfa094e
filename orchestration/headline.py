"""The few numbers that a person wants to see first, read from the served release."""

from orchestration.query import ask
from orchestration.release import Release

STATEMENT = """
with today as (
    select cast(as_of as date) as day from meta.release
),
quarter as (
    select fiscal_quarter_label as label, fiscal_quarter_start_date as first_day,
        fiscal_quarter_end_date as last_day
    from marts.dim_date join today on date_day = today.day
),
deals as (
    select * from marts.fct_opportunities
)
select
    (select label from quarter),
    (select coalesce(sum(amount), 0) from deals, quarter
        where is_won and close_date between first_day and last_day),
    (select coalesce(sum(amount), 0) from deals where is_open),
    (select coalesce(sum(weighted_amount), 0) from deals where is_open),
    (select avg(case when is_won then 1.0 else 0.0 end) from deals where is_closed_trailing_4q),
    (select sum(forecast_amount) from scores.fct_forecasting_scores, quarter
        where is_current and level = 'company' and period_type = 'quarter'
            and period_start_date = first_day),
    (select count(*) from scores.dim_lead_scores),
    (select count(*) from scores.dim_opportunity_scores)
"""


def headline(release: Release, *, currency: str) -> dict[str, str]:
    """Name and value, ready to print."""
    row = ask(release, STATEMENT).rows[0]
    label, bookings, open_pipeline, weighted, win_rate, forecast, leads, deals = row
    return {
        f"Bookings {label}": _money(bookings, currency),
        f"Forecast {label}": _money(forecast, currency),
        "Open pipeline": _money(open_pipeline, currency),
        "Weighted pipeline": _money(weighted, currency),
        "Win rate, last 4 quarters": "n/a" if win_rate is None else f"{win_rate:.1%}",
        "Leads scored": f"{leads:,}",
        "Deals scored": f"{deals:,}",
    }


def _money(value: object, currency: str) -> str:
    return "n/a" if value is None else f"{currency} {float(str(value)):,.0f}"
