"""Win rate by stage, segment and age, shrunk towards the stage's (metric dictionary M09)."""

import numpy as np
import polars as pl

from models_ml.common.calibration import Floats

AGE_EDGES = (30, 60, 90, 180)


def stage_conversion_rate(
    past: pl.DataFrame, rows: pl.DataFrame, *, target: str, strength: float = 50.0
) -> Floats:
    """P(won) of each of `rows` from decided rows of the `past` only.

    Beta shrinkage with `strength` pseudo-rows: cell → its stage → all.
    """
    # polars types mean() as any scalar; of a float column it is a float.
    overall = float(past[target].cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]
    won = pl.col(target).cast(pl.Float64)
    stages = past.group_by("stage_name").agg(
        ((won.sum() + strength * overall) / (pl.len() + strength)).alias("stage_rate")
    )
    cells = (
        _with_age_band(past)
        .join(stages, on="stage_name", how="left")
        .group_by("stage_name", "segment", "age_band")
        .agg(
            ((won.sum() + strength * pl.col("stage_rate").first()) / (pl.len() + strength)).alias(
                "cell_rate"
            )
        )
    )
    rates = (
        _with_age_band(rows)
        .join(stages, on="stage_name", how="left", nulls_equal=True, maintain_order="left")
        .join(
            cells,
            on=["stage_name", "segment", "age_band"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .select(pl.coalesce("cell_rate", "stage_rate", pl.lit(overall)))
        .to_series()
    )
    return np.asarray(rates.to_numpy(), dtype=np.float64)


def _with_age_band(rows: pl.DataFrame) -> pl.DataFrame:
    band = sum(
        ((pl.col("age_days") >= edge).cast(pl.Int8) for edge in AGE_EDGES), start=pl.lit(0, pl.Int8)
    )
    return rows.select("stage_name", "segment", pl.exclude("stage_name", "segment")).with_columns(
        band.alias("age_band")
    )
