"""Score the leads that are open now."""

from datetime import datetime

import numpy as np
import polars as pl

from models_ml.common.calibration import sigmoid
from models_ml.common.feature import require_columns
from models_ml.common.reasons import contributions_json, top_reasons
from models_ml.lead_scoring.spec import SPEC, LeadScoringSpec
from models_ml.lead_scoring.train import Model

PREDICTION_SCHEMA = pl.Schema(
    {
        "lead_key": pl.String(),
        "as_of_date": pl.Date(),
        "scored_at": pl.Datetime("us", "UTC"),
        "model_version": pl.String(),
        "conversion_rate": pl.Float64(),
        "score": pl.Int64(),
        "grade": pl.String(),
        "top_reasons": pl.String(),
        "contributions": pl.String(),
    }
)


def predict(
    frame: pl.DataFrame,
    model: Model,
    *,
    model_version: str,
    scored_at: datetime,
    spec: LeadScoringSpec = SPEC,
) -> pl.DataFrame:
    """One row per row of `frame` with is_current, in PREDICTION_SCHEMA.

    conversion_rate: calibrated P(convert within 90 days), 0 to 1. score: percentile rank among
    the leads scored together, 1 to 100, 100 best. grade: by capacity, see LeadScoringSpec.
    contributions: JSON, log-odds by feature; their sum is the log-odds of conversion_rate.
    """
    require_columns(frame, ["lead_key", "as_of_date", "is_current"], what="The frame to score")
    current = frame.filter(pl.col("is_current"))
    if current.is_empty():
        return PREDICTION_SCHEMA.to_frame()
    contributions = model.contributions(current)
    rates = sigmoid(contributions.sum(axis=1))
    best_first = pl.Series(-rates).rank("ordinal").to_numpy()
    scores = np.ceil(100.0 * (1.0 - (best_first - 1.0) / current.height)).astype(np.int64)
    return pl.DataFrame(
        {
            "lead_key": current["lead_key"],
            "as_of_date": current["as_of_date"],
            "scored_at": [scored_at] * current.height,
            "model_version": [model_version] * current.height,
            "conversion_rate": rates,
            "score": np.clip(scores, 1, 100),
            "grade": grades(best_first, capacity_share=spec.grade_capacity_share),
            "top_reasons": top_reasons(
                current, model.features, contributions, count=spec.reason_count
            ),
            "contributions": contributions_json(model.features, contributions),
        },
        schema=PREDICTION_SCHEMA,
    )


def grades(best_first: np.ndarray, *, capacity_share: float) -> list[str]:
    """A: the first capacity's worth of leads, B: the second, C: the next two, D: the rest."""
    capacity = max(1.0, capacity_share * len(best_first))
    steps = np.array([1.0, 2.0, 4.0]) * capacity
    return ["ABCD"[int(position)] for position in np.searchsorted(steps, best_first)]
