"""Conformal intervals from what rolling origins missed (metric dictionary M30).

A forecast has a certain part (booked to date) and an open part, and the interval never falls below
what is booked. The open part is a sum over a random number of deals, whose variance grows with its
mean; the residual √actual open part − √forecast open part has about the same spread at every size,
and one month without a booking does not widen it without bound, as a logarithm would.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from models_ml.common.calibration import Floats

FEWEST_PERIODS = 3
HALF_LIFE_DAYS = 365.0


@dataclass(frozen=True)
class Spread:
    """Half-width in √amount by bucket; `periods` counts the distinct periods behind each."""

    width: Mapping[str, float]
    periods: Mapping[str, int]

    def of(self, buckets: list[str]) -> Floats:
        """Width of each bucket; nan where nothing was measured."""
        return np.array([self.width.get(bucket, float("nan")) for bucket in buckets])


def root_residuals(actual: Floats, certain: Floats, open_part: Floats) -> Floats:
    """√(actual − certain) − √(open part); what fell below the certain part counts as 0."""
    result: Floats = np.sqrt(np.maximum(actual - certain, 0.0)) - np.sqrt(open_part)
    return result


def fit_spread(residuals: pl.DataFrame, *, coverage: float) -> Spread:
    """Conformal quantile of |residual| in each bucket, newer periods weighing more.

    `residuals`: bucket, series, period_end_date (what the actual belongs to), residual. Origins of
    one period share one actual, so the finite-sample correction counts periods of a series, not
    rows; it is interpolated, because with eight quarters a whole step would always end at the
    largest. Weights halve every year: a company's misses drift with it.
    """
    width: dict[str, float] = {}
    periods: dict[str, int] = {}
    if residuals.is_empty():
        return Spread(width=width, periods=periods)
    newest = residuals["period_end_date"].max()
    age = (pl.lit(newest) - pl.col("period_end_date")).dt.total_days()
    weighted = residuals.with_columns((0.5 ** (age / HALF_LIFE_DAYS)).alias("weight"))
    for (bucket,), part in weighted.partition_by("bucket", as_dict=True).items():
        distinct = part.unique(["series", "period_end_date"])
        if distinct.height < FEWEST_PERIODS:
            continue
        weights = distinct["weight"].to_numpy()
        effective = float(weights.sum() ** 2 / (weights**2).sum())
        level = min(1.0, (effective + 1.0) * coverage / effective)
        width[str(bucket)] = weighted_quantile(
            part["residual"].abs().to_numpy(), part["weight"].to_numpy(), level
        )
        periods[str(bucket)] = distinct.height
    return Spread(width=width, periods=periods)


def weighted_quantile(values: Floats, weights: Floats, level: float) -> float:
    """The smallest value below or at which `level` of the weight lies."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    position = int(np.searchsorted(share, level - 1e-12))
    return float(values[order][min(position, len(values) - 1)])


def interval(certain: Floats, open_part: Floats, width: Floats) -> tuple[Floats, Floats]:
    """Low and high of certain + (√open part ± width)², the root not below 0."""
    root = np.sqrt(open_part)
    return certain + np.maximum(root - width, 0.0) ** 2, certain + (root + width) ** 2
