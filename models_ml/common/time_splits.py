"""Splits by time and by record: what was known on a date, and nothing else."""

from datetime import date

import polars as pl


def date_at_share(dates: pl.Series, share: float) -> date:
    """The date before which about `share` of the rows lie."""
    ordered = dates.drop_nulls().sort()
    position = min(int(share * len(ordered)), len(ordered) - 1)
    found = ordered[position]
    if not isinstance(found, date):
        raise TypeError(f"{dates.name} holds {dates.dtype}, not dates.")
    return found


def split_by_first_seen(
    frame: pl.DataFrame, *, key: str, share: float
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Earlier and later records: no record has rows on both sides.

    A record belongs to the day it was first seen; the first `share` of the rows come first.
    """
    first_seen = pl.col("as_of_date").min().over(key)
    cut = date_at_share(frame.select(first_seen).to_series(), share)
    return frame.filter(first_seen < cut), frame.filter(first_seen >= cut)


def thin(frame: pl.DataFrame, *, rows: int, seed: int) -> pl.DataFrame:
    """At most about `rows` rows, chosen by hash of key and date: the same ones in every run."""
    if frame.height <= rows:
        return frame
    buckets = 10_000
    keep = int(buckets * rows / frame.height)
    return frame.filter(frame.select(frame.columns[:2]).hash_rows(seed=seed) % buckets < keep)
