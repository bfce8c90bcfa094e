"""The models' Delta tables, `lake/ml/<model>`: training sets, predictions, evaluations."""

from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

FEATURES_SCHEMA = "features"


def read_features(warehouse: Path, table: str) -> pl.DataFrame:
    """A feature table of a release; decimals become doubles, for models compute in those."""
    with duckdb.connect(str(warehouse), read_only=True) as session:
        session.execute("set timezone = 'UTC'")
        frame = session.execute(f'select * from {FEATURES_SCHEMA}."{table}"').pl()
    return frame.with_columns(pl.selectors.decimal().cast(pl.Float64))


def replace(folder: Path, frame: pl.DataFrame) -> int:
    """Make a table hold this frame; its history keeps what it held. Returns the Delta version."""
    write_deltalake(str(folder), to_arrow(frame), mode="overwrite", schema_mode="overwrite")
    return DeltaTable(str(folder)).version()


def ensure(folder: Path, schema: pl.Schema) -> None:
    """An empty table where there is none, so that dbt never meets a missing source."""
    if not DeltaTable.is_deltatable(str(folder)):
        empty = to_arrow(schema.to_frame())
        DeltaTable.create(str(folder), schema=empty.schema, mode="ignore")


def append_at(folder: Path, frame: pl.DataFrame, *, instant: str) -> int:
    """Append rows of one instant (a column with one value), in the place of rows of the same.

    So a step that runs again at the same time leaves one set of rows. Returns the Delta version.
    """
    table = DeltaTable(str(folder))
    if not frame.is_empty():
        at = frame[instant][0]
        held = pl.scan_delta(str(folder)).filter(pl.col(instant) == at).select(pl.len()).collect()
        if held.item():
            table.delete(f"{instant} = '{at.isoformat()}'")
        write_deltalake(table, to_arrow(frame), mode="append")
    return DeltaTable(str(folder)).version()


def read(folder: Path) -> pl.DataFrame:
    frame = pl.from_arrow(DeltaTable(str(folder)).to_pyarrow_table())
    assert isinstance(frame, pl.DataFrame)
    return frame


def row_count(folder: Path) -> int:
    actions = DeltaTable(str(folder)).get_add_actions(flatten=True)
    return sum(count or 0 for count in actions.column("num_records").to_pylist())


def to_arrow(frame: pl.DataFrame) -> pa.Table:
    """Arrow with plain strings and microseconds, which every Delta reader knows."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    return table.cast(pa.schema([_plain(field) for field in table.schema]))


def _plain(field: "pa.Field[pa.DataType]") -> "pa.Field[pa.DataType]":
    kind = field.type
    if pa.types.is_large_string(kind):
        kind = pa.string()
    elif pa.types.is_timestamp(kind):
        kind = pa.timestamp("us", tz=kind.tz)
    return field.with_type(kind)
