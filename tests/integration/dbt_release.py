"""A raw lake of literal rows and releases that dbt builds from it."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
from deltalake import write_deltalake

from ingestion.catalog import entities
from ingestion.entity import DELETED, INSTANT, LOAD_ID, LOADED_AT, META_COLUMNS, VERSION_AT, Entity
from orchestration.ml_tables import to_arrow
from tests.integration.dbt_process import run_dbt

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
COMPANY = {
    "REVLAKE_CURRENCY": "USD",
    "REVLAKE_TIME_ZONE": "America/New_York",
    "REVLAKE_FISCAL_YEAR_START_MONTH": "2",
}
Rows = Iterable[Mapping[str, Any]]


@dataclass
class RawLake:
    """Raw tables of the given sources; every entity has its table, with or without rows."""

    root: Path
    sources: tuple[str, ...]
    loads: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        for source in self.sources:
            for entity in entities(source):
                schema = _schema(entity)
                write_deltalake(self._table(source, entity.name), schema.empty_table())

    def load(self, source: str, tables: Mapping[str, Rows]) -> None:
        """Appends one load. Rows name what they need; `_version_at` defaults to the load's instant.

        Instants and dates may be ISO texts.
        """
        self.loads += 1
        loaded_at = EPOCH + timedelta(hours=self.loads)
        known = {entity.name: entity for entity in entities(source)}
        for name, rows in tables.items():
            schema = _schema(known[name])
            complete = [
                {
                    VERSION_AT: loaded_at,
                    DELETED: False,
                    LOADED_AT: loaded_at,
                    LOAD_ID: f"{1767225600 + self.loads}.5",
                    **row,
                }
                for row in rows
            ]
            write_deltalake(self._table(source, name), _arrow(complete, schema), mode="append")

    def predict(self, model: str, schema: pl.Schema, rows: Rows) -> None:
        """Appends rows to the ledger of a model, which is made with the first of them."""
        table = _arrow(rows, to_arrow(schema.to_frame()).schema)
        write_deltalake(str(self.root / "ml" / model / "predictions"), table, mode="append")

    def _table(self, source: str, entity: str) -> str:
        return str(self.root / "raw" / source / entity)


@dataclass(frozen=True)
class LandedLake:
    """A lake that sources were landed in."""

    root: Path
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Release:
    """A release directory that dbt builds into."""

    directory: Path
    lake: RawLake | LandedLake
    state: Path
    """Where dbt keeps its parse cache; releases of one test share it, as in operation."""

    def dbt(self, *arguments: str, as_of: str) -> str:
        """Runs dbt as the orchestration does; gives its output, or AssertionError."""
        return run_dbt(arguments, {**os.environ, **self._environment(as_of)})

    def run(self, *more: str, as_of: str) -> str:
        """Builds all marts and what else is selected, without their tests."""
        return self.dbt("run", "--select", "+path:models/marts", *more, as_of=as_of)

    def build(self, *arguments: str, as_of: str) -> str:
        """Builds and tests all but features and scores."""
        other = ("path:models/features", "path:models/scores")
        return self.dbt("build", "--exclude", *other, *arguments, as_of=as_of)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.directory / "lakehouse.duckdb"), read_only=True) as connection:
            connection.execute(f"attach '{self.directory / 'warehouse.duckdb'}' (read_only)")
            return connection.execute(sql).fetchall()

    def _environment(self, as_of: str) -> dict[str, str]:
        return {
            "REVLAKE_RELEASE_DIR": str(self.directory),
            "REVLAKE_LAKE_URL": str(self.lake.root),
            "REVLAKE_AS_OF": as_of,
            "REVLAKE_SOURCES": ",".join(self.lake.sources),
            **COMPANY,
            "DBT_TARGET_PATH": str(self.state / "target"),
            "DBT_LOG_PATH": str(self.state / "logs"),
            "DBT_THREADS": "2",
        }


def differences(left: Release, right: Release, schema: str = "marts") -> dict[str, int]:
    """Tables of a schema whose rows differ, with the number of rows that only one of them has."""
    with duckdb.connect() as connection:
        for name, release in (("a", left), ("b", right)):
            path = release.directory / "lakehouse.duckdb"
            connection.execute(f"attach '{path}' as {name} (read_only)")
        tables = connection.execute(
            "select distinct table_name from duckdb_tables() where schema_name = ?", [schema]
        ).fetchall()
        counts = {}
        for (table,) in tables:
            one, other = f"a.{schema}.{table}", f"b.{schema}.{table}"
            row = connection.execute(
                f"select count(*) from ((from {one} except all from {other})"
                f" union all (from {other} except all from {one}))"
            ).fetchone()
            counts[table] = row[0] if row else 0
    return {table: count for table, count in counts.items() if count}


def _schema(entity: Entity) -> pa.Schema:
    return pa.schema([*entity.columns, *META_COLUMNS])


def _arrow(rows: Rows, schema: pa.Schema) -> pa.Table:
    given = list(rows)
    unknown = {column for row in given for column in row} - set(schema.names)
    if unknown:
        raise ValueError(f"no such columns: {sorted(unknown)}")
    columns = [
        pa.array([_value(row.get(each.name), each.type) for row in given], each.type)
        for each in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _value(value: Any, kind: pa.DataType) -> Any:
    if isinstance(value, str) and kind == INSTANT:
        instant = datetime.fromisoformat(value)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    if isinstance(value, str) and kind == pa.date32():
        return date.fromisoformat(value)
    return value
