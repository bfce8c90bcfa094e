"""What a database's types are in the lake, and how values get there without loss."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import Column, types

from ingestion.entity import INSTANT
from ingestion.sources.sql_database.settings import snake_case

MOST_DIGITS = 38

Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Landed:
    """A column: its name in the database and in the lake, its type, and how a value is written."""

    source: str
    target: str
    type: pa.DataType
    convert: Convert | None = None

    def written(self, value: Any) -> Any:
        """The value as the lake's type can take it."""
        return value if value is None or self.convert is None else self.convert(value)


def landed(column: Column[Any]) -> Landed:
    """How a column is landed.

    Whole numbers become 64 bits wide. A decimal keeps its digits; one that declares none is text,
    as are times of day, intervals, and what SQLAlchemy does not know. Arrays and JSON are JSON.
    """
    kind, convert = _kind(column.type)
    return Landed(column.name, snake_case(column.name), kind, convert)


def _kind(kind: types.TypeEngine[Any]) -> tuple[pa.DataType, Convert | None]:
    match kind:
        case types.Boolean():
            return pa.bool_(), None
        case types.Integer():
            return pa.int64(), None
        case types.Numeric() if not kind.asdecimal:
            return pa.float64(), None
        case types.Numeric() if kind.precision and kind.precision <= MOST_DIGITS:
            return pa.decimal128(kind.precision, kind.scale or 0), None
        case types.DateTime():
            return INSTANT if kind.timezone else pa.timestamp("us"), None
        case types.Date():
            return pa.date32(), None
        case types.JSON() | types.ARRAY():
            return pa.string(), _as_json
        case types.LargeBinary():
            return pa.binary(), bytes
        case types.String():
            return pa.string(), None
        case _:
            return pa.string(), str


def _as_json(value: Any) -> str:
    return json.dumps(value, default=str, sort_keys=True, ensure_ascii=False)
