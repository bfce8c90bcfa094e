"""When open deals close, if they are won: learnt from how far past ones kept their close date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from models_ml.forecasting.history import Amounts, Days, day_number

DUE_EDGES = (0, 8, 15, 31, 61, 91)
FEWEST_SAMPLES = 40


@dataclass(frozen=True)
class Timing:
    """Samples of days by cell "stage|due": how many days after the stated close date deals won.

    In the overdue band (stated date in the past) samples count from the snapshot day instead.
    `amount_ratio`: won amount ÷ amount in the snapshot, by stage. `rhythm`: see rhythm.py.
    """

    samples: Mapping[str, tuple[int, ...]]
    amount_ratio: Mapping[str, float]
    rhythm: tuple[float, ...]


def learn_timing(
    pipeline: pl.DataFrame,
    outcomes: pl.DataFrame,
    *,
    rhythm: tuple[float, ...],
    samples: int,
) -> Timing:
    """From weekly rows of won opportunities, all of them mature and known at the time.

    `pipeline` needs stage_order, days_to_close_date, amount, as_of_date; `outcomes` the close_date
    and won_amount of the same keys.
    """
    won = pipeline.join(
        outcomes.select("opportunity_key", pl.col("close_date").alias("won_on"), "won_amount"),
        on="opportunity_key",
        how="inner",
    ).with_columns(
        (pl.col("won_on") - pl.col("as_of_date")).dt.total_days().alias("days"),
        _due_band(pl.col("days_to_close_date")).alias("due"),
    )
    won = won.filter(pl.col("days") >= 1).with_columns(
        pl.when(pl.col("due") == 0)
        .then(pl.col("days"))
        .otherwise(pl.col("days") - pl.col("days_to_close_date"))
        .alias("slip"),
        pl.format("{}|{}", "stage_order", "due").alias("cell"),
        pl.format("*|{}", "due").alias("due_cell"),
    )
    found: dict[str, tuple[int, ...]] = {}
    for column in ("cell", "due_cell"):
        for (name,), part in won.partition_by(column, as_dict=True).items():
            if part.height >= FEWEST_SAMPLES or column == "due_cell":
                found[str(name)] = _evenly(part["slip"].to_numpy(), samples)
    totals = won.group_by("stage_order").agg(
        pl.col("won_amount").cast(pl.Float64).sum().alias("won"),
        pl.col("amount").cast(pl.Float64).sum().alias("shown"),
        pl.len().alias("rows"),
    )
    ratios = {
        str(stage): (won_sum + 50 * shown / rows) / (shown + 50 * shown / rows)
        for stage, won_sum, shown, rows in totals.iter_rows()
        if shown > 0
    }
    return Timing(samples=found, amount_ratio=ratios, rhythm=rhythm)


def month_shares(
    timing: Timing, rows: pl.DataFrame, *, origin: date, ends: Days, weights: Amounts
) -> Amounts:
    """P(month of the win | won) for each row: rows × months, a row sums to at most 1.

    `ends[k]` is the day number after month k's last day; month 0 is the current one. What falls
    behind the last month is left out. `weights`: how likely wins are on each day after `origin`
    compared with other days; behind the last one every day weighs 1.
    """
    due_days = rows["days_to_close_date"].to_numpy().astype(np.int64)
    bands = rows.select(_due_band(pl.col("days_to_close_date"))).to_series().to_numpy()
    stages = rows["stage_order"].to_list()
    shares = np.zeros((rows.height, len(ends)))
    cells: dict[tuple[object, int], list[int]] = {}
    for position, key in enumerate(zip(stages, bands.tolist(), strict=True)):
        cells.setdefault(key, []).append(position)
    limits = ends - day_number(origin) - 1
    for (stage, band), positions in cells.items():
        slips = _samples_of(timing, stage, band)
        base = due_days[positions] if band else np.zeros(len(positions), dtype=np.int64)
        shares[positions] = _shares(base, slips, limits, weights)
    return shares


def realised_amounts(timing: Timing, rows: pl.DataFrame) -> Amounts:
    """Amount each row would be won at."""
    ratios = [timing.amount_ratio.get(str(stage), 1.0) for stage in rows["stage_order"].to_list()]
    amounts: Amounts = rows["amount"].cast(pl.Float64).fill_null(0.0).to_numpy() * np.array(ratios)
    return amounts


def won_rows(
    pipeline: pl.DataFrame, *, known_before: date, mature_after: timedelta
) -> pl.DataFrame:
    """Rows of opportunities known to be won, old enough not to favour quick wins."""
    return pipeline.filter(
        pl.col("is_won").fill_null(value=False)
        & (pl.col("outcome_date") < known_before)
        & (pl.col("as_of_date") < known_before - mature_after)
    )


def _shares(base: Days, slips: Days, limits: Days, weights: Amounts) -> Amounts:
    """Weighted share of (base + slip) in each month, given that it is in the future."""
    days = base[:, None] + slips[None, :]
    ahead = days >= 1
    padded = np.append(weights, 1.0)
    weight = padded[np.clip(days - 1, 0, len(weights))] * ahead
    month = np.searchsorted(limits, days, side="left")
    width = len(limits)
    cell = np.arange(len(base))[:, None] * (width + 1) + np.minimum(month, width)
    summed = np.bincount(
        cell.ravel(), weights=weight.ravel(), minlength=len(base) * (width + 1)
    ).reshape(len(base), width + 1)
    total = weight.sum(axis=1)
    shares: Amounts = summed[:, :width] / np.maximum(total, 1e-9)[:, None]
    shares[total == 0.0, 0] = 1.0
    return shares


def _samples_of(timing: Timing, stage: object, band: int) -> Days:
    for name in (f"{stage}|{band}", f"*|{band}"):
        if name in timing.samples:
            return np.array(timing.samples[name], dtype=np.int64)
    pooled = [value for values in timing.samples.values() for value in values]
    return np.array(pooled or [14], dtype=np.int64)


def _due_band(days: pl.Expr) -> pl.Expr:
    return sum(((days >= edge).cast(pl.Int64) for edge in DUE_EDGES), start=pl.lit(0, pl.Int64))


def _evenly(values: npt.NDArray[np.int64], count: int) -> tuple[int, ...]:
    ordered = np.sort(values)
    if len(ordered) <= count:
        return tuple(int(value) for value in ordered)
    positions = ((np.arange(count) + 0.5) * len(ordered) / count).astype(np.int64)
    return tuple(int(value) for value in ordered[positions])
