"""What an entity of a source is: its name in the lake, its key and its columns.

Every raw table is an append-only change log. A row is one version of one record; the meta columns
say which version it is and when it was landed.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

INSTANT = pa.timestamp("us", tz="UTC")
VERSION_AT = "_version_at"
LOADED_AT = "_loaded_at"
DELETED = "_deleted"
LOAD_ID = "_dlt_load_id"
CUSTOM_FIELDS = "custom_fields"
VARIANT_SUFFIX = "__v_text"
REJECTS_SUFFIX = "__rejects"

META_COLUMNS = pa.schema(
    [
        pa.field(VERSION_AT, INSTANT),
        pa.field(LOADED_AT, INSTANT),
        pa.field(DELETED, pa.bool_()),
        pa.field(LOAD_ID, pa.string()),
    ]
)
REJECT_COLUMNS = pa.schema(
    [
        pa.field("entity", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("record", pa.string()),
        pa.field(LOADED_AT, INSTANT),
        pa.field(LOAD_ID, pa.string()),
    ]
)

_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "number": pa.float64(),
    "count": pa.int64(),
    "flag": pa.bool_(),
    "date": pa.date32(),
    "instant": INSTANT,
}

Row = dict[str, Any]
"""One record as a source yields it: column name to raw vendor value, with `_version_at` and,
for a tombstone, `_deleted`."""

Page = list[Row] | pa.Table
"""Rows read together, or an Arrow table with the same column names (all strings, from CSV)."""


@dataclass(frozen=True)
class Entity:
    """A table of a source.

    `memory` says how a run tells news from what the log already holds:
    `overlap` compares with rows since the cursor less the overlap, `latest` with the latest version
    of every key (for reads without a modification time), `all` with every row (immutable events
    that are read again and again).
    """

    name: str
    key: tuple[str, ...]
    columns: pa.Schema
    description: str
    cursor: str | None = None
    memory: Literal["overlap", "latest", "all"] = "overlap"

    def __post_init__(self) -> None:
        missing = [column for column in self.key if column not in self.columns.names]
        if missing or not self.key:
            raise ValueError(
                f"entity {self.name}: key {self.key} must name columns; known are "
                f"{', '.join(self.columns.names)}"
            )

    @property
    def rejects_name(self) -> str:
        return f"{self.name}{REJECTS_SUFFIX}"

    @property
    def table_schema(self) -> pa.Schema:
        """The Delta table's schema: the vendor's columns, then the meta columns."""
        return pa.schema([*self.columns, *META_COLUMNS])


def columns(spec: Mapping[str, str] | None = None, **by_type: str) -> pa.Schema:
    """A schema from words: `columns(text="id name", number="amount", instant="created_at")`.

    Types: text, number (double), count (int64), flag (bool), date, instant (UTC, microseconds).
    """
    return pa.schema(list(_fields({**(spec or {}), **by_type})))


def custom_json(values: Mapping[str, Any]) -> str | None:
    """An account's own fields as one JSON object, without empty ones; None when there are none."""
    filled = {name: value for name, value in values.items() if value not in (None, "")}
    return json.dumps(filled, sort_keys=True) if filled else None


def _fields(by_type: Mapping[str, str]) -> Iterator[pa.Field]:
    for type_name, names in by_type.items():
        if type_name not in _TYPES:
            raise ValueError(f"unknown column type {type_name!r}; known are {', '.join(_TYPES)}")
        for name in names.split():
            yield pa.field(name, _TYPES[type_name])
