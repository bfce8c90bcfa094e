"""What people use without a model; the forecast is measured against these (M08, M27)."""

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from models_ml.forecasting.history import Amounts, History, Month, day_number

BASELINES = ("crm_weighted_pipeline", "same_period_last_year", "run_rate")
LEAST_ELAPSED_SHARE = 0.15
PAST_PERIODS = {"month": 12, "quarter": 4}


def crm_open_amount(
    open_rows: pl.DataFrame,
    region_index: npt.NDArray[np.int64],
    *,
    regions: int,
    months: list[Month],
) -> Amounts:
    """Σ amount × CRM probability by region and month of the stated close date (M08)."""
    weighted = (
        open_rows["amount"].cast(pl.Float64).fill_null(0.0)
        * open_rows["probability_rate"].cast(pl.Float64).fill_null(0.0)
    ).to_numpy()
    stated = (
        open_rows.select(pl.col("as_of_date") + pl.duration(days="days_to_close_date"))
        .to_series()
        .to_physical()
        .cast(pl.Int64)
        .to_numpy()
    )
    edges = np.array([day_number(months[0].start), *(day_number(m.end) for m in months)])
    month = np.searchsorted(edges, stated, side="right") - 1
    inside = (month >= 0) & (month < len(months))
    table = np.zeros((regions, len(months)))
    np.add.at(table, (region_index[inside], month[inside]), weighted[inside])
    return table


def last_year(history: History, *, start: date, end: date, origin: date) -> Amounts:
    """Bookings of the same period a year before, by region, as known on the origin.

    nan when the history does not reach back so far.
    """
    before = start.replace(year=start.year - 1)
    if before < history.first_booking_day:
        return np.full(len(history.regions), np.nan)
    return history.bookings(before, end.replace(year=end.year - 1), known_on=origin)


def run_rate(
    history: History, *, period_type: str, start: date, end: date, origin: date
) -> Amounts:
    """Bookings to date ÷ the share that past periods had booked by then, by region.

    Before that share is 15 % of a period, and for periods to come: the mean of the last year's
    complete periods. nan without any.
    """
    past = [
        span
        for span in _spans(history, period_type)
        if history.first_booking_day <= span[0] and span[1] <= min(start, origin)
    ]
    past = past[-PAST_PERIODS[period_type] :]
    if not past:
        return np.full(len(history.regions), np.nan)
    complete = [history.bookings(a, b, known_on=origin) for a, b in past]
    mean: Amounts = np.mean(complete, axis=0)
    if not start <= origin < end:
        return mean
    elapsed = (day_number(origin) + 1 - day_number(start)) / (day_number(end) - day_number(start))
    by_then = [history.bookings(a, b, known_on=_day_at(a, b, elapsed)).sum() for a, b in past]
    share = float(np.sum(by_then) / max(np.sum(complete), 1e-9))
    if share < LEAST_ELAPSED_SHARE:
        return mean
    return history.bookings(start, end, known_on=origin) / share


def _spans(history: History, period_type: str) -> list[tuple[date, date]]:
    if period_type == "quarter":
        return list(history.quarters)
    return [(month.start, month.end) for month in history.months]


def _day_at(start: date, end: date, share: float) -> date:
    days = day_number(end) - day_number(start)
    return date.fromordinal(start.toordinal() + max(round(share * days) - 1, 0))
