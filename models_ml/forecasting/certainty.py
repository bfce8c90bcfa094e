"""How sure a forecast is: its interval, from the misses of those that were like it."""

import numpy as np
import polars as pl

from models_ml.common.intervals import Spread, interval

WEEKS_LEFT_EDGES = (2, 5, 9, 13, 26, 39)


def buckets(rows: pl.DataFrame) -> list[str]:
    """Where misses are comparable: level, period type and weeks left."""
    weeks = (rows["period_end_date"] - rows["origin_date"]).dt.total_days().to_numpy() / 7.0
    bands = np.searchsorted(np.array(WEEKS_LEFT_EDGES), weeks)
    keys = zip(rows["level"], rows["period_type"], bands, strict=True)
    return [f"{level}|{period_type}|{band}" for level, period_type, band in keys]


def with_interval(rows: pl.DataFrame, spread: Spread) -> pl.DataFrame:
    """Add low_amount and high_amount; null where the spread has no bucket."""
    certain = rows["booked_to_date_amount"].to_numpy()
    open_part = np.maximum(rows["forecast_amount"].to_numpy() - certain, 0.0)
    low, high = interval(certain, open_part, spread.of(buckets(rows)))
    return rows.with_columns(
        pl.Series("low_amount", np.round(low, 2)).fill_nan(None),
        pl.Series("high_amount", np.round(high, 2)).fill_nan(None),
    )
