"""One measured figure beside the baseline's, and the table that keeps them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

EVALUATION_SCHEMA = pl.Schema(
    {
        "model": pl.String(),
        "model_version": pl.String(),
        "evaluated_at": pl.Datetime("us", "UTC"),
        "metric": pl.String(),
        "value": pl.Float64(),
        "baseline_name": pl.String(),
        "baseline_value": pl.Float64(),
        "is_champion": pl.Boolean(),
    }
)


@dataclass(frozen=True)
class Metric:
    """A figure of a backtest; `baseline_value` is the same figure of the named baseline."""

    metric: str
    value: float
    baseline_name: str | None = None
    baseline_value: float | None = None


def headline(metrics: Iterable[Metric]) -> dict[str, float]:
    """Value by metric. A metric that was measured beside several baselines, each on what that one
    could be computed for, has the value beside the first of them."""
    values: dict[str, float] = {}
    for metric in metrics:
        values.setdefault(metric.metric, metric.value)
    return values


def evaluations_frame(
    metrics: Iterable[Metric],
    *,
    model: str,
    model_version: str,
    evaluated_at: datetime,
    is_champion: bool,
) -> pl.DataFrame:
    """Metrics as rows of `ml/<model>/evaluations`, the source of fct_model_evaluations."""
    rows = [
        {
            "model": model,
            "model_version": model_version,
            "evaluated_at": evaluated_at,
            "metric": metric.metric,
            "value": float(metric.value),
            "baseline_name": metric.baseline_name,
            "baseline_value": metric.baseline_value,
            "is_champion": is_champion,
        }
        for metric in metrics
    ]
    return pl.DataFrame(rows, schema=EVALUATION_SCHEMA)


def beats_baseline(metrics: Iterable[Metric], names: Iterable[str]) -> bool:
    """True when each named metric, all of them errors, is below every baseline it was measured
    against: the promotion gate. A metric without any baseline is not beaten.
    """
    pairs: dict[str, list[bool]] = {name: [] for name in names}
    for metric in metrics:
        if metric.metric in pairs and metric.baseline_value is not None:
            pairs[metric.metric].append(metric.value < metric.baseline_value)
    return all(won and all(won) for won in pairs.values())
