"""Score the opportunities that are open now."""

from datetime import datetime

import polars as pl

from models_ml.common.calibration import sigmoid
from models_ml.common.feature import require_columns
from models_ml.common.reasons import contributions_json, top_reasons
from models_ml.win_probability.spec import SPEC, WinProbabilitySpec
from models_ml.win_probability.train import Model

PREDICTION_SCHEMA = pl.Schema(
    {
        "opportunity_key": pl.String(),
        "as_of_date": pl.Date(),
        "scored_at": pl.Datetime("us", "UTC"),
        "model_version": pl.String(),
        "win_rate": pl.Float64(),
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
    spec: WinProbabilitySpec = SPEC,
) -> pl.DataFrame:
    """One row per row of `frame` with is_current, in PREDICTION_SCHEMA.

    win_rate: calibrated P(ever won), 0 to 1. contributions: JSON, log-odds by feature; their sum
    is the log-odds of win_rate.
    """
    needed = ["opportunity_key", "as_of_date", "is_current"]
    require_columns(frame, needed, what="The frame to score")
    current = frame.filter(pl.col("is_current"))
    if current.is_empty():
        return PREDICTION_SCHEMA.to_frame()
    contributions = model.contributions(current)
    return pl.DataFrame(
        {
            "opportunity_key": current["opportunity_key"],
            "as_of_date": current["as_of_date"],
            "scored_at": [scored_at] * current.height,
            "model_version": [model_version] * current.height,
            "win_rate": sigmoid(contributions.sum(axis=1)),
            "top_reasons": top_reasons(
                current, model.features, contributions, count=spec.reason_count
            ),
            "contributions": contributions_json(model.features, contributions),
        },
        schema=PREDICTION_SCHEMA,
    )
