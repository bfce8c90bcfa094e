"""Quality of predicted probabilities (metric dictionary M29)."""

import numpy as np
import polars as pl

from models_ml.common.calibration import Floats

ECE_BINS = 10


def reliability_bins(outcome: Floats, probability: Floats, bins: int = ECE_BINS) -> pl.DataFrame:
    """Equal-mass bins by predicted probability: mean prediction, share that came true, rows."""
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return pl.DataFrame(
        {
            "predicted": [float(probability[part].mean()) for part in parts],
            "observed": [float(outcome[part].mean()) for part in parts],
            "rows": [len(part) for part in parts],
        }
    )


def expected_calibration_error(outcome: Floats, probability: Floats) -> float:
    """Mean absolute gap between prediction and outcome over ten equal-mass bins."""
    bins = reliability_bins(outcome, probability)
    gaps = (bins["predicted"] - bins["observed"]).abs() * bins["rows"]
    return float(gaps.sum()) / len(outcome)


def auc(outcome: Floats, probability: Floats) -> float:
    """Area under the ROC curve by ranks; ties count half. nan when one class is absent."""
    positives = int(outcome.sum())
    negatives = len(outcome) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    ranks = pl.Series(probability).rank("average").to_numpy()
    area = ranks[outcome > 0.5].sum() - positives * (positives + 1) / 2.0
    return float(area / (positives * negatives))


def average_precision(outcome: Floats, probability: Floats) -> float:
    """Area under the precision-recall curve as a step function; tied scores enter together."""
    if outcome.sum() == 0:
        return float("nan")
    steps = (
        pl.DataFrame({"outcome": outcome, "probability": probability})
        .group_by("probability")
        .agg(pl.col("outcome").sum().alias("hits"), pl.len().alias("rows"))
        .sort("probability", descending=True)
        .with_columns(
            (pl.col("hits").cum_sum() / pl.col("rows").cum_sum()).alias("precision"),
            (pl.col("hits") / pl.col("hits").sum()).alias("recall_gain"),
        )
    )
    return float((steps["precision"] * steps["recall_gain"]).sum())


def lift_at(outcome: Floats, probability: Floats, share: float = 0.1) -> float:
    """Outcome rate of the best `share` of rows ÷ outcome rate of all rows."""
    base = float(outcome.mean())
    if base == 0.0:
        return float("nan")
    top = np.argsort(-probability, kind="stable")[: max(1, round(share * len(outcome)))]
    return float(outcome[top].mean()) / base


def probability_metrics(outcome: Floats, probability: Floats) -> dict[str, float]:
    """All of M29 by name. `brier_skill` is against the base rate of the same rows."""
    base = float(outcome.mean())
    clipped = np.clip(probability, 1e-6, 1.0 - 1e-6)
    brier = float(np.mean((probability - outcome) ** 2))
    base_brier = base * (1.0 - base)
    log_loss = -np.mean(outcome * np.log(clipped) + (1.0 - outcome) * np.log(1.0 - clipped))
    return {
        "auc": auc(outcome, probability),
        "pr_auc": average_precision(outcome, probability),
        "brier": brier,
        "brier_skill": 1.0 - brier / base_brier if base_brier > 0 else float("nan"),
        "log_loss": float(log_loss),
        "ece": expected_calibration_error(outcome, probability),
        "lift_at_10_percent": lift_at(outcome, probability),
    }
