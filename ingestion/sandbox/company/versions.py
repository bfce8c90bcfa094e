"""From patches to versions: strictly increasing in time, filled forward, cut at an instant."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from ingestion.sandbox.company.tables import NOTHING, SCHEMAS

_KEY_GAP = 1 << 34


def versions(patches: pl.DataFrame, key: str, until: int) -> pl.DataFrame:
    """One row a version: the first patch of a key names all columns, later ones what they change.

    Equal instants are set a second apart; nothing follows a deletion. `NOTHING` becomes null.
    """
    place = pl.int_range(pl.len(), dtype=pl.Int64)
    spread = pl.col("version_at") + pl.col(key) * _KEY_GAP
    ordered = (
        patches.sort(key, "version_at", maintain_order=True)
        .with_columns(version_at=(spread - place).cum_max() + place - pl.col(key) * _KEY_GAP)
        .filter(pl.col("version_at") <= until)
        .with_columns(pl.all().forward_fill())
    )
    if "is_deleted" in ordered.columns:
        over = pl.col("is_deleted").shift(1, fill_value=False) & (
            pl.col(key) == pl.col(key).shift(1)
        )
        ordered = ordered.filter(~over.fill_null(False))
    numbers = [
        name
        for name, kind in ordered.schema.items()
        if kind == pl.Int64 and name not in (key, "version_at")
    ]
    return ordered.with_columns(
        pl.when(pl.col(name) != NOTHING).then(pl.col(name)).alias(name) for name in numbers
    )


def repointed(patches: pl.DataFrame, key: str, column: str, merges: pl.DataFrame) -> pl.DataFrame:
    """Points records at a merge's winner: when it happens, or at once if they begin later."""
    joined = patches.join(
        merges.select(pl.col("loser_n").alias(column), "winner_n", "at"),
        on=column, how="left", maintain_order="left",
    )  # fmt: skip
    late = pl.col("version_at") >= pl.col("at")
    changes = joined.filter(pl.col("winner_n").is_not_null() & ~late).select(
        key,
        (pl.col("at") + pl.col(key) % 90 + 1).alias("version_at"),
        pl.col("winner_n").alias(column),
    )
    settled = joined.with_columns(
        pl.when(late).then("winner_n").otherwise(column).alias(column)
    ).drop("winner_n", "at")
    return pl.concat([settled, changes], how="diagonal")


def spelled(code: str, words: Sequence[str] | np.ndarray) -> pl.Expr:
    """The words that codes stand for; null stays null."""
    return pl.lit(pl.Series(list(words), dtype=pl.String)).gather(pl.col(code))


def instant(column: str) -> pl.Expr:
    return (pl.col(column) * 1_000_000).cast(pl.Datetime("us", "UTC"))


def finished(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """The table's columns in order and of its types; seconds become instants, days dates."""
    schema = SCHEMAS[table]
    columns = []
    for name, kind in schema.items():
        held = frame.schema[name]
        if isinstance(kind, pl.Datetime) and held.is_integer():
            columns.append(instant(name))
        elif kind == pl.Date and held.is_integer():
            columns.append(pl.col(name).cast(pl.Int32).cast(pl.Date))
        else:
            columns.append(pl.col(name).cast(kind))
    return frame.select(columns)
