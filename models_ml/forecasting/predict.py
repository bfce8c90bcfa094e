"""The forecast of today: months and fiscal quarters, regions and company, with intervals."""

from datetime import date, datetime

import polars as pl

from models_ml.common.intervals import Spread
from models_ml.forecasting.certainty import with_interval
from models_ml.forecasting.history import History
from models_ml.forecasting.project import project
from models_ml.forecasting.spec import SPEC, ForecastingSpec
from models_ml.forecasting.train import Model

PREDICTION_SCHEMA = pl.Schema(
    {
        "origin_date": pl.Date(),
        "level": pl.String(),
        "region_name": pl.String(),
        "period_type": pl.String(),
        "period_start_date": pl.Date(),
        "forecast_amount": pl.Float64(),
        "low_amount": pl.Float64(),
        "high_amount": pl.Float64(),
        "booked_to_date_amount": pl.Float64(),
        "baseline_name": pl.String(),
        "baseline_amount": pl.Float64(),
        "model_version": pl.String(),
        "scored_at": pl.Datetime("us", "UTC"),
    }
)
SHOWN_BASELINE = "crm_weighted_pipeline"


def predict(
    history: History,
    model: Model,
    *,
    model_version: str,
    scored_at: datetime,
    spec: ForecastingSpec = SPEC,
    origin: date | None = None,
) -> pl.DataFrame:
    """One row per level, region, period type and period, in PREDICTION_SCHEMA.

    `origin` defaults to the newest day of the pipeline. The baseline shown is the CRM-weighted
    pipeline with booked to date. Amounts are in company currency.
    """
    rows = project(history, origin=origin or history.last_day, learnt=model.learnt, spec=spec)
    spread = Spread(width=model.spread.width, periods=model.spread.periods)
    return as_predictions(
        with_interval(rows, spread), model_version=model_version, scored_at=scored_at
    )


def as_predictions(rows: pl.DataFrame, *, model_version: str, scored_at: datetime) -> pl.DataFrame:
    """Rows of a projection or of a backtest in PREDICTION_SCHEMA.

    With a backtest it gives the accuracy ledger a past on the first day.
    """
    return rows.select(
        pl.lit(SHOWN_BASELINE).alias("baseline_name"),
        pl.col(SHOWN_BASELINE).alias("baseline_amount"),
        pl.lit(model_version).alias("model_version"),
        pl.lit(scored_at).cast(pl.Datetime("us", "UTC")).alias("scored_at"),
        *(
            column
            for column in PREDICTION_SCHEMA
            if column not in ("baseline_name", "baseline_amount", "model_version", "scored_at")
        ),
    ).select(PREDICTION_SCHEMA.names())
