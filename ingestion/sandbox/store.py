"""The company's version logs in vendor shape: one DuckDB table an object, one row a version.

A vendor declares tables as SQL over the company's frames. The store adds to each version the
instant at which the next one replaces it, so that 'current state at the clock' is one filter.
A vendor's tables are made when the first of them is asked for: most runs use a few vendors only.
A held-back version (fault `late_row`) is invisible until it is released.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import polars as pl
from duckdb import DuckDBPyConnection

ALWAYS = "TIMESTAMP '2000-01-01'"


@dataclass(frozen=True)
class VersionTable:
    """`select` yields `_key` (vendor id), `_from` (the version's instant) and the fields.

    `is_log` is for records that never change: each has one version.
    """

    schema: str
    name: str
    select: str
    is_log: bool = False

    @property
    def path(self) -> str:
        return f'{self.schema}."{self.name}"'


@dataclass
class Hold:
    """One hidden version. `calls` counts down the requests; None waits for the next advance."""

    path: str
    key: str
    hidden_at: datetime
    replaced_at: datetime | None
    calls: int | None


@dataclass
class Reading:
    """What one vendor request reads: its tables, and whether a fault wants a version held back."""

    wants_hold: bool = False
    hold_calls: int | None = None
    touched: set[str] = field(default_factory=set)


Prepare = Callable[[DuckDBPyConnection], Iterable[VersionTable]]
"""Declares a vendor's tables; may first make what they are made from."""

READING: ContextVar[Reading | None] = ContextVar("reading", default=None)


def naive(instant: datetime) -> datetime:
    """UTC instant without zone, as all instants in the store are."""
    return instant.replace(tzinfo=None) if instant.tzinfo else instant


def literal(value: datetime | str) -> str:
    """SQL literal of an instant or a text."""
    if isinstance(value, datetime):
        return f"TIMESTAMP '{naive(value).isoformat(sep=' ')}'"
    return "'" + value.replace("'", "''") + "'"


class _Tables:
    """One company in DuckDB; `built` are the schemas that have their tables."""

    def __init__(self, frames: Mapping[str, pl.DataFrame], prepare: Mapping[str, Prepare]) -> None:
        self.built: set[str] = set()
        self._prepare = prepare
        self._writer = duckdb.connect(":memory:")
        self._writer.execute("set autoinstall_known_extensions = false")
        for name, frame in frames.items():
            self._writer.register(name, _without_zones(frame).to_arrow())
        self._reader = self._writer.cursor()

    def cursor(self) -> DuckDBPyConnection:
        return self._reader.cursor()

    def build(self, schema: str) -> None:
        self._writer.execute(f"create schema {schema}")
        for table in self._prepare[schema](self._writer):
            _create(self._writer, table)
        self.built.add(schema)


class Store:
    """Read side of the company for all vendors; safe for concurrent requests.

    `prepare` gives the tables of a schema; a vendor's schema has the vendor's name.
    """

    def __init__(
        self,
        frames: Mapping[str, pl.DataFrame],
        prepare: Mapping[str, Prepare],
        now: Callable[[], datetime],
    ) -> None:
        self.now = now
        self._lock = threading.Lock()
        self._holds: list[Hold] = []
        self._prepare = prepare
        self._building = threading.Lock()
        self._tables = _Tables(frames, prepare)

    def load(self, frames: Mapping[str, pl.DataFrame]) -> None:
        """Replace all tables at once: a reader sees the old or the new company."""
        tables = _Tables(frames, self._prepare)
        with self._building:
            for schema in self._tables.built:
                tables.build(schema)
            self._tables = tables

    def fetch(self, sql: str, parameters: Iterable[Any] = ()) -> pl.DataFrame:
        """Result of a query, made with `current` and `versions`, as a polars frame."""
        cursor = self._tables.cursor()
        try:
            return cursor.execute(sql, list(parameters)).pl()
        finally:
            cursor.close()

    def current(self, path: str) -> str:
        """SQL of the records of table `path` as they are now, deleted ones included."""
        self._build_tables_of(path)
        now = literal(self.now())
        self._note_reading(path)
        holds = self._holds_of(path)
        hidden = _hidden(holds)
        uncovered = "".join(
            f" or (_key = {literal(hold.key)} and _to = {literal(hold.hidden_at)})"
            for hold in holds
            if hold.replaced_at is None or hold.replaced_at > naive(self.now())
        )
        return (
            f"(select * from {path} where _from <= {now}"
            f" and (_to is null or _to > {now}{uncovered}){hidden})"
        )

    def versions(self, path: str) -> str:
        """SQL of all versions of table `path` known by now."""
        self._build_tables_of(path)
        return (
            f"(select * from {path} where _from <= {literal(self.now())}"
            f"{_hidden(self._holds_of(path))})"
        )

    def held_keys(self, path: str) -> list[str]:
        """Keys of table `path` with a version that is held back now."""
        return [hold.key for hold in self._holds_of(path)]

    def release_holds(self) -> None:
        """Show every held-back version: the clock has moved."""
        with self._lock:
            self._holds.clear()

    def count_down(self, paths: Iterable[str]) -> None:
        """Count one request on holds of these tables and drop those that are due."""
        touched = set(paths)
        with self._lock:
            for hold in self._holds:
                if hold.path in touched and hold.calls is not None:
                    hold.calls -= 1
            self._holds = [h for h in self._holds if h.calls is None or h.calls > 0]

    def _build_tables_of(self, path: str) -> None:
        schema = path.split(".")[0]
        with self._building:
            if schema not in self._tables.built:
                self._tables.build(schema)

    def _holds_of(self, path: str) -> list[Hold]:
        with self._lock:
            return [hold for hold in self._holds if hold.path == path]

    def _note_reading(self, path: str) -> None:
        """Note the table; if asked, hide its second newest version.

        The newest one is served now and moves cursors past the hidden one.
        """
        reading = READING.get()
        if reading is None:
            return
        reading.touched.add(path)
        if not reading.wants_hold:
            return
        now = literal(self.now())
        row = self.fetch(
            f"select _key, _from, _to from {path} where _from <= {now}"
            f" and (_to is null or _to > {now}) order by _from desc limit 1 offset 1"
        )
        if row.is_empty():
            return
        key, hidden_at, replaced_at = row.row(0)
        reading.wants_hold = False
        with self._lock:
            self._holds.append(Hold(path, key, hidden_at, replaced_at, reading.hold_calls))


def _hidden(holds: Iterable[Hold]) -> str:
    return "".join(
        f" and not (_key = {literal(hold.key)} and _from = {literal(hold.hidden_at)})"
        for hold in holds
    )


def _without_zones(frame: pl.DataFrame) -> pl.DataFrame:
    zoned = [
        name
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.Datetime) and kind.time_zone is not None
    ]
    return frame.with_columns(pl.col(zoned).dt.convert_time_zone("UTC").dt.replace_time_zone(None))


def _create(connection: DuckDBPyConnection, table: VersionTable) -> None:
    if table.is_log:
        versions = f"select *, cast(null as timestamp) as _to from ({table.select}) order by _from"
    else:
        versions = (
            "select *, lead(_from) over (partition by _key order by _from) as _to "
            f"from ({table.select}) order by _key, _from"
        )
    connection.execute(f"create or replace table {table.path} as {versions}")
