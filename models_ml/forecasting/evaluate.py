"""The forecast replayed from past weeks, beside what people would have used then."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from models_ml.common.data_gate import NotEnoughData
from models_ml.common.intervals import Spread, fit_spread, root_residuals
from models_ml.common.metric import Metric, beats_baseline
from models_ml.common.plots import ACCENT, INK, QUIET, png
from models_ml.forecasting.baselines import BASELINES
from models_ml.forecasting.certainty import buckets, with_interval
from models_ml.forecasting.history import History
from models_ml.forecasting.project import project
from models_ml.forecasting.spec import SPEC, ForecastingSpec
from models_ml.forecasting.train import learn, require_history

FEWEST_QUARTERS = 3


def backtest(history: History, spec: ForecastingSpec = SPEC) -> pl.DataFrame:
    """Every weekly origin of the last complete quarters, forecast with what was known then.

    Win model and timing are learnt anew at the start of each quarter, from opportunities decided
    before it. Columns: those of project.project, actual_amount (null while a period runs),
    low_amount and high_amount (from misses known at the origin, null while too few).
    Raises NotEnoughData when fewer than three quarters can be replayed.
    """
    require_history(history, spec)
    light = replace(spec.win, max_training_rows=spec.backtest_training_rows)
    tables: list[pl.DataFrame] = []
    replayed = 0
    for start, end in _quarters_to_replay(history, spec):
        origins = [day for day in sorted(history.snapshots) if start <= day < end]
        if not origins:
            continue
        try:
            learnt = learn(history, light, samples=spec.timing_samples, until=start)
        except NotEnoughData:
            continue
        replayed += 1
        for origin in origins:
            tables.append(project(history, origin=origin, learnt=learnt, spec=spec))
    if replayed < FEWEST_QUARTERS:
        raise NotEnoughData(
            {"quarters to replay": FEWEST_QUARTERS}, {"quarters to replay": replayed}
        )
    rows = pl.concat(tables).join(
        actuals(history), on=["region_name", "period_type", "period_start_date"], how="left"
    )
    return with_past_intervals(rows, spec)


def actuals(history: History) -> pl.DataFrame:
    """Bookings of every complete period, by region and for the company ("All")."""
    spans = [("quarter", start, end) for start, end in history.quarters]
    spans += [("month", month.start, month.end) for month in history.months]
    names = [*history.regions, "All"]
    rows = []
    for period_type, start, end in spans:
        if end > history.last_day:
            continue
        amounts = history.bookings(start, end)
        for name, amount in zip(names, [*amounts, amounts.sum()], strict=True):
            rows.append((name, period_type, start, float(amount)))
    schema = {
        "region_name": pl.String,
        "period_type": pl.String,
        "period_start_date": pl.Date,
        "actual_amount": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def with_past_intervals(rows: pl.DataFrame, spec: ForecastingSpec) -> pl.DataFrame:
    """Intervals that each origin could have known: misses of periods that were over by then."""
    measured = residuals(rows)
    parts = []
    spread, ready = Spread({}, {}), date.min
    for (origin,), part in rows.partition_by("origin_date", as_dict=True).items():
        if not isinstance(origin, date):
            raise TypeError(f"origin_date holds {type(origin).__name__}, not dates.")
        if ready == date.min or (origin - ready).days >= 28:
            known = measured.filter(pl.col("period_end_date") <= origin)
            spread, ready = fit_spread(known, coverage=spec.interval), origin
        parts.append(with_interval(part, spread))
    return pl.concat(parts)


def residuals(rows: pl.DataFrame) -> pl.DataFrame:
    """Misses (in √amount) of forecasts whose period is over and not just as good as booked."""
    over = rows.filter(
        pl.col("actual_amount").is_not_null()
        & (pl.col("forecast_amount") - pl.col("booked_to_date_amount") > 1.0)
    )
    open_part = (over["forecast_amount"] - over["booked_to_date_amount"]).to_numpy()
    return pl.DataFrame(
        {
            "bucket": buckets(over),
            "series": over["region_name"],
            "period_end_date": over["period_end_date"],
            "residual": root_residuals(
                over["actual_amount"].to_numpy(),
                over["booked_to_date_amount"].to_numpy(),
                open_part,
            ),
        }
    )


def spread_of(rows: pl.DataFrame, spec: ForecastingSpec) -> Spread:
    """Interval widths from all misses of a backtest."""
    return fit_spread(residuals(rows), coverage=spec.interval)


def evaluate(rows: pl.DataFrame, spec: ForecastingSpec = SPEC) -> list[Metric]:
    """M26 to M28 and M30 of a backtest.

    For each period type and distance (current, next, …): WAPE and bias beside each baseline, FVA
    (share of the baseline's error that is gone), interval coverage; company and regions. Each pair
    is measured on the origins at which the baseline could be computed.
    """
    over = rows.filter(pl.col("actual_amount").is_not_null())
    metrics = []
    for period_type, distances in (("quarter", 5), ("month", 7)):
        for ahead in range(distances):
            for level, suffix in (("company", ""), ("region", "_by_region")):
                part = over.filter(
                    (pl.col("period_type") == period_type)
                    & (pl.col("periods_ahead") == ahead)
                    & (pl.col("level") == level)
                )
                if part["period_start_date"].n_unique() >= FEWEST_QUARTERS:
                    name = f"{period_type}_{distance_name(ahead)}{suffix}"
                    metrics.extend(_errors(part, name, spec))
    quarters = over.filter(pl.col("period_type") == "quarter", pl.col("periods_ahead") == 0)
    return [
        *metrics,
        Metric("quarters_replayed", float(quarters["period_start_date"].n_unique())),
        Metric("origins_replayed", float(rows["origin_date"].n_unique())),
        Metric("coherence_gap", coherence_gap(rows)),
    ]


def distance_name(ahead: int) -> str:
    """current, next, plus_2, plus_3 …"""
    return {0: "current", 1: "next"}.get(ahead, f"plus_{ahead}")


def wape(actual: pl.Series, forecast: pl.Series) -> float:
    """Σ|forecast − actual| ÷ Σ|actual|."""
    missed = np.abs(forecast.to_numpy() - actual.to_numpy()).sum()
    return float(missed / np.abs(actual.to_numpy()).sum())


def coherence_gap(rows: pl.DataFrame) -> float:
    """Largest difference between the company's forecast and the sum of its regions (M28)."""
    keys = ["origin_date", "period_type", "period_start_date"]
    sums = rows.group_by(keys).agg(
        pl.col("forecast_amount").filter(pl.col("level") == "region").sum().alias("regions"),
        pl.col("forecast_amount").filter(pl.col("level") == "company").sum().alias("company"),
    )
    # polars types max() as any scalar; of a float column it is a float.
    return float((sums["regions"] - sums["company"]).abs().max() or 0.0)  # type: ignore[arg-type]


def is_promotable(metrics: list[Metric], spec: ForecastingSpec = SPEC) -> bool:
    """Whether the forecast beats every baseline on the gate metrics."""
    return beats_baseline(metrics, spec.gate_metrics)


def plot(rows: pl.DataFrame) -> bytes:
    """Quarters of the backtest as PNG: each week's forecast with its interval, and the actual."""
    part = rows.filter(
        (pl.col("level") == "company")
        & (pl.col("period_type") == "quarter")
        & (pl.col("periods_ahead") == 0)
    ).sort("origin_date")
    days = part["origin_date"].to_list()
    million = 1e6
    figure = Figure(figsize=(9, 4.5))
    axes = figure.add_subplot()
    low = part["low_amount"].fill_null(float("nan")).to_numpy() / million
    high = part["high_amount"].fill_null(float("nan")).to_numpy() / million
    axes.fill_between(days, low, high, color=INK, alpha=0.15, linewidth=0, label="80 % interval")
    lines = (
        ("crm_weighted_pipeline", ACCENT, "CRM-weighted pipeline + booked"),
        ("forecast_amount", INK, "forecast"),
        ("booked_to_date_amount", QUIET, "booked to date"),
    )
    for column, colour, label in lines:
        for position, (_, quarter) in enumerate(
            part.group_by("period_start_date", maintain_order=True)
        ):
            axes.plot(
                quarter["origin_date"].to_list(),
                quarter[column].to_numpy() / million,
                color=colour,
                linewidth=1.4,
                label=label if position == 0 else None,
            )
    axes.step(
        days,
        part["actual_amount"].fill_null(float("nan")).to_numpy() / million,
        where="post",
        color="black",
        linewidth=1,
        linestyle="--",
        label="actual",
    )
    axes.set_ylim(bottom=0)
    axes.set_ylabel("bookings of the quarter, millions")
    axes.set_title("Current quarter's bookings, forecast from each past week")
    axes.legend(frameon=False, fontsize=8, ncols=2)
    return png(figure)


def _errors(part: pl.DataFrame, name: str, spec: ForecastingSpec) -> list[Metric]:
    metrics = []
    for baseline in BASELINES:
        both = part.filter(pl.col(baseline).is_not_nan())
        if both["period_start_date"].n_unique() < FEWEST_QUARTERS:
            continue
        actual = both["actual_amount"]
        total = float(actual.sum())
        ours = wape(actual, both["forecast_amount"])
        theirs = wape(actual, both[baseline])
        metrics.append(Metric(f"wape_{name}", ours, baseline, theirs))
        metrics.append(Metric(f"fva_{name}", (theirs - ours) / theirs, baseline, 0.0))
        bias = float((both[baseline] - actual).sum()) / total
        ours_bias = float((both["forecast_amount"] - actual).sum()) / total
        metrics.append(Metric(f"bias_{name}", ours_bias, baseline, bias))
    known = part.filter(pl.col("low_amount").is_not_null())
    if known.height:
        inside = known.select(
            pl.col("actual_amount").is_between(pl.col("low_amount"), pl.col("high_amount")).mean()
        ).item()
        metrics.append(Metric(f"coverage_{name}", float(inside), "nominal", spec.interval))
    return metrics


def _quarters_to_replay(history: History, spec: ForecastingSpec) -> list[tuple[date, date]]:
    complete = [span for span in history.quarters if span[1] <= history.last_day]
    first = history.pipeline["as_of_date"].min()
    seen = [span for span in complete if isinstance(first, date) and span[0] > first]
    return seen[-spec.backtest_quarters :]
