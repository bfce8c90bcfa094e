"""The forecast of one origin: booked, open and not yet created, by region and month."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models_ml.common.classifier import BoostedClassifier
from models_ml.forecasting.baselines import crm_open_amount, last_year, run_rate
from models_ml.forecasting.creation import future_bookings
from models_ml.forecasting.history import Amounts, History, Month, day_number, region_positions
from models_ml.forecasting.rhythm import day_weights
from models_ml.forecasting.spec import ALL_REGIONS, ForecastingSpec
from models_ml.forecasting.timing import Timing, month_shares, realised_amounts

AMOUNTS = (
    "booked_to_date_amount",
    "open_amount",
    "uncreated_amount",
    "forecast_amount",
    "crm_weighted_pipeline",
    "same_period_last_year",
    "run_rate",
)


@dataclass(frozen=True)
class Learnt:
    """What an origin may use of the past: the win model and the timing, both learnt before it."""

    win: BoostedClassifier
    timing: Timing


@dataclass(frozen=True)
class Period:
    """A month or quarter to forecast; `end` is the day after its last, `ahead` counts from now."""

    period_type: str
    start: date
    end: date
    ahead: int


def project(
    history: History, *, origin: date, learnt: Learnt, spec: ForecastingSpec
) -> pl.DataFrame:
    """Every level and period as seen at the end of `origin`, with parts and baselines.

    Months sum to quarters and regions to the company, to the cent. Columns: origin_date, level,
    region_name, period_type, period_start_date, period_end_date (the day after the last),
    periods_ahead, and AMOUNTS.
    """
    months = horizon(history, origin=origin, spec=spec)
    parts = monthly_parts(history, months=months, origin=origin, learnt=learnt, spec=spec)
    quarters = list(dict.fromkeys(month.quarter_start for month in months))
    owner = np.array([quarters.index(month.quarter_start) for month in months])
    current = next(k for k, month in enumerate(months) if month.start <= origin < month.end)
    columns: list[dict[str, Amounts]] = []
    spans: list[Period] = []
    for ahead in range(min(spec.months_ahead + 1, len(months) - current)):
        month = months[current + ahead]
        columns.append({name: part[:, current + ahead] for name, part in parts.items()})
        spans.append(Period("month", month.start, month.end, ahead))
    for ahead, start in enumerate(quarters):
        end = max(month.end for month in months if month.quarter_start == start)
        columns.append({name: part[:, owner == ahead].sum(axis=1) for name, part in parts.items()})
        spans.append(Period("quarter", start, end, ahead))
    for span, amounts in zip(spans, columns, strict=True):
        amounts["same_period_last_year"] = last_year(
            history, start=span.start, end=span.end, origin=origin
        )
        amounts["run_rate"] = run_rate(
            history, period_type=span.period_type, start=span.start, end=span.end, origin=origin
        )
    return _table(history, origin, spans, columns)


def horizon(history: History, *, origin: date, spec: ForecastingSpec) -> list[Month]:
    """All months from the start of the current quarter to the end of the last one ahead."""
    starts = [start for start, end in history.quarters if end > origin]
    kept = set(starts[: spec.quarters_ahead + 1])
    if len(kept) < spec.quarters_ahead + 1:
        raise ValueError(
            f"History.calendar ends {spec.quarters_ahead + 1 - len(kept)} quarters too early for "
            f"the origin {origin}; extend ftr_forecasting__period."
        )
    return [month for month in history.months if month.quarter_start in kept]


def monthly_parts(
    history: History,
    *,
    months: list[Month],
    origin: date,
    learnt: Learnt,
    spec: ForecastingSpec,
) -> dict[str, Amounts]:
    """Region × month: booked_to_date_amount, open_amount, uncreated_amount, crm open amount."""
    regions = len(history.regions)
    booked = np.column_stack(
        [history.bookings(month.start, month.end, known_on=origin) for month in months]
    )
    ends = np.array([day_number(month.end) for month in months], dtype=np.int64)
    current = int(np.argmax(ends > day_number(origin)))
    weights = day_weights(
        learnt.timing.rhythm, history, origin=origin, days=int(ends[-1] - day_number(origin) - 1)
    )
    uncreated = np.zeros_like(booked)
    uncreated[:, current:] = future_bookings(
        history,
        origin=origin,
        ends=ends[current:],
        longest_weeks=spec.longest_cycle_weeks,
        window_weeks=spec.creation_window_weeks,
        weights=weights,
    )
    open_rows = history.snapshots.get(origin)
    open_amount = np.zeros_like(booked)
    crm = np.zeros_like(booked)
    if open_rows is not None and open_rows.height:
        index = region_positions(open_rows["region_name"], history.regions)
        timing = learnt.timing
        shares = month_shares(
            timing, open_rows, origin=origin, ends=ends[current:], weights=weights
        )
        value = learnt.win.probability(open_rows) * realised_amounts(timing, open_rows)
        expected = np.zeros((regions, shares.shape[1]))
        np.add.at(expected, index, shares * value[:, None])
        open_amount[:, current:] = expected
        crm = crm_open_amount(open_rows, index, regions=regions, months=months)
    booked, open_amount, uncreated = (
        np.round(part, 2) for part in (booked, open_amount, uncreated)
    )
    return {
        "booked_to_date_amount": booked,
        "open_amount": open_amount,
        "uncreated_amount": uncreated,
        "crm_weighted_pipeline": booked + np.round(crm, 2),
    }


def _table(
    history: History, origin: date, spans: list[Period], columns: list[dict[str, Amounts]]
) -> pl.DataFrame:
    """Regions, then the company as their sum, for each period in turn."""
    names = [*history.regions, ALL_REGIONS]
    levels = ["region"] * len(history.regions) + ["company"]
    repeat = len(names)
    totals = {
        name: np.round(
            np.concatenate([np.append(amounts[name], amounts[name].sum()) for amounts in columns]),
            2,
        )
        for name in columns[0]
    }
    totals["forecast_amount"] = np.round(
        totals["booked_to_date_amount"] + totals["open_amount"] + totals["uncreated_amount"], 2
    )
    return pl.DataFrame(
        {
            "origin_date": [origin] * (repeat * len(spans)),
            "level": levels * len(spans),
            "region_name": names * len(spans),
            "period_type": [span.period_type for span in spans for _ in names],
            "period_start_date": [span.start for span in spans for _ in names],
            "period_end_date": [span.end for span in spans for _ in names],
            "periods_ahead": [span.ahead for span in spans for _ in names],
            **{name: totals[name] for name in AMOUNTS},
        }
    )
