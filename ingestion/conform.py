"""Raw vendor values → Arrow columns of the declared types; what does not fit is set aside.

Whole columns are converted at once. Only a column in which that fails is looked at value by value.
Empty text is null: CSV cannot tell the two apart, and some vendors clear a field by emptying it.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.entity import (
    DELETED,
    INSTANT,
    LOADED_AT,
    REJECT_COLUMNS,
    VARIANT_SUFFIX,
    VERSION_AT,
    Entity,
    Page,
)

VARIANT_MINIMUM = 3
_INT64 = 2**63
_EPOCH_MS_LIMIT = 253_402_300_800_000


class MisfitError(ValueError):
    """A value that cannot be a value of its column; the message is the reason."""


@dataclass(frozen=True)
class Conformed:
    """`table` has the entity's and variant columns, `_version_at`, `_loaded_at`, `_deleted`."""

    table: pa.Table
    rejects: pa.Table
    variant_columns: tuple[str, ...]


def conform(entity: Entity, page: Page, *, loaded_at: datetime) -> Conformed:
    """Gives the page's rows the entity's schema.

    A row with a value that does not fit, or without key or `_version_at`, becomes a reject. When
    more than half of a column's values do not fit (and at least three), the vendor changed the
    column's type: the rows stay, the column is null and the values go to `<column>__v_text`.
    """
    rows, strange = (page, []) if isinstance(page, pa.Table) else _objects_only(page)
    height = rows.num_rows if isinstance(rows, pa.Table) else len(rows)
    bad: dict[int, list[str]] = {}
    arrays: dict[str, pa.Array] = {}
    variants: dict[str, pa.Array] = {}
    required = (*entity.key, VERSION_AT)
    for field in [*entity.columns, pa.field(VERSION_AT, INSTANT), pa.field(DELETED, pa.bool_())]:
        raw = _raw_column(rows, field.name, height)
        array, misfits = to_column(raw, field.type)
        filled = height - array.null_count + len(misfits)
        if (
            len(misfits) >= VARIANT_MINIMUM
            and len(misfits) > filled / 2
            and field.name not in required
        ):
            variants[f"{field.name}{VARIANT_SUFFIX}"] = _as_text(raw, misfits)
        else:
            for index, reason in misfits.items():
                bad.setdefault(index, []).append(f"{field.name}: {reason}")
        if field.name in required and array.null_count:
            for index in pc.indices_nonzero(array.is_null()).to_pylist():
                if index not in misfits:
                    bad.setdefault(index, []).append(f"{field.name}: missing or null")
        arrays[field.name] = array
    arrays[DELETED] = arrays[DELETED].fill_null(False)
    table = pa.table({**arrays, **variants}).append_column(
        pa.field(LOADED_AT, INSTANT), pa.array([loaded_at] * height, INSTANT)
    )
    rejects = [(_record(rows, i), "; ".join(reasons)) for i, reasons in sorted(bad.items())]
    rejects += [(_to_json(value), "record: not a JSON object") for value in strange]
    if bad:
        keep = [True] * height
        for index in bad:
            keep[index] = False
        table = table.filter(pa.array(keep))
    return Conformed(
        table=without_duplicates(table, entity),
        rejects=_rejects_table(entity, rejects, loaded_at),
        variant_columns=tuple(variants),
    )


def without_duplicates(table: pa.Table, entity: Entity) -> pa.Table:
    """One row for each key and version: the last one read."""
    keys = [*entity.key, VERSION_AT, DELETED]
    frame = pl.from_arrow(table.select(keys))
    assert isinstance(frame, pl.DataFrame)
    if frame.n_unique() == frame.height:
        return table
    kept = frame.with_row_index("row").unique(keys, keep="last", maintain_order=True)
    return table.take(kept["row"].to_arrow())


def to_column(
    raw: Sequence[Any] | pa.Array, wanted: pa.DataType
) -> tuple[pa.Array, dict[int, str]]:
    """Converts one column; returns the array and, for values that do not fit, index → reason."""
    array = _convert_whole(raw, wanted)
    if array is not None:
        return array, {}
    values = raw.to_pylist() if isinstance(raw, pa.Array | pa.ChunkedArray) else raw
    parse = _PARSERS.get(wanted) or partial(_exactly, wanted)
    parsed: list[Any] = []
    misfits: dict[int, str] = {}
    for index, value in enumerate(values):
        try:
            parsed.append(None if value is None else parse(value))
        except MisfitError as misfit:
            parsed.append(None)
            misfits[index] = str(misfit)
    return pa.array(parsed, wanted), misfits


def _convert_whole(raw: Sequence[Any] | pa.Array, wanted: pa.DataType) -> pa.Array | None:
    """The column in one go, or None if some value needs a closer look."""
    if isinstance(raw, pa.Array | pa.ChunkedArray):
        array = raw.combine_chunks() if isinstance(raw, pa.ChunkedArray) else raw
    else:
        if any(isinstance(value, dict | list) for value in raw):
            return None
        try:
            array = pa.array(raw)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError):
            return None
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), wanted)
    if array.type == wanted and not pa.types.is_string(wanted):
        return _finite(array)
    allowed = pa.types.is_string(array.type) or (
        pa.types.is_integer(array.type) and wanted in (pa.float64(), pa.int64())
    )
    allowed |= pa.types.is_decimal(array.type) and pa.types.is_decimal(wanted)
    if not allowed:
        return None
    if pa.types.is_string(array.type):
        array = pc.if_else(pc.equal(array, ""), None, array)
    try:
        return _finite(array.cast(wanted))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _finite(array: pa.Array) -> pa.Array | None:
    if pa.types.is_floating(array.type) and pc.all(pc.is_finite(array)).as_py() is False:
        return None
    return array


def _text(value: Any) -> str | None:
    if value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        raise MisfitError(f"{type(value).__name__} where text is expected")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise MisfitError("lone surrogate, not valid Unicode") from None
    return value


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise MisfitError(f"{type(value).__name__} where a number is expected")
    if value == "":
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise MisfitError(f"not a number: {str(value)[:60]!a}") from None
    if not math.isfinite(number):
        raise MisfitError(f"not a finite number: {str(value)[:60]!a}")
    return number


def _count(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().lstrip("+-").isdigit():
        whole = int(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        whole = value
    else:
        number = _number(value)
        if number is None:
            return None
        if not number.is_integer():
            raise MisfitError(f"not a whole number: {str(value)[:60]!a}")
        whole = int(number)
    if not -_INT64 <= whole < _INT64:
        raise MisfitError("integer beyond 64 bits")
    return whole


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    words = {"true": True, "false": False, "1": True, "0": False, "": None}
    if not isinstance(value, str | int) or str(value).lower() not in words:
        raise MisfitError(f"not true or false: {str(value)[:60]!a}")
    return words[str(value).lower()]


def _instant(value: Any) -> datetime | None:
    if value == "":
        return None
    try:
        if isinstance(value, str) and value.lstrip("-").isdigit() and len(value) > 8:
            value = int(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            if abs(value) >= _EPOCH_MS_LIMIT:
                raise MisfitError(f"not a time: {value!a}")
            return datetime.fromtimestamp(value / 1000, UTC)
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise MisfitError(f"not a time: {str(value)[:60]!a}") from None


def _date(value: Any) -> date | None:
    if value == "":
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(value).date()
    except (TypeError, ValueError):
        raise MisfitError(f"not a date: {str(value)[:60]!a}") from None


def _exactly(wanted: pa.DataType, value: Any) -> Any:
    """A value of another type, such as a decimal, if it fits without loss."""
    try:
        return pa.scalar(value, wanted).as_py()
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        raise MisfitError(f"no {wanted}: {str(value)[:60]!a}") from None


_PARSERS: dict[pa.DataType, Callable[[Any], Any]] = {
    pa.string(): _text,
    pa.float64(): _number,
    pa.int64(): _count,
    pa.bool_(): _flag,
    INSTANT: _instant,
    pa.date32(): _date,
}


def _objects_only(page: list[Any]) -> tuple[list[dict[str, Any]], list[Any]]:
    strange = [value for value in page if not isinstance(value, dict)]
    return ([value for value in page if isinstance(value, dict)] if strange else page), strange


def _raw_column(rows: list[dict[str, Any]] | pa.Table, name: str, height: int) -> Any:
    if isinstance(rows, pa.Table):
        return rows.column(name) if name in rows.column_names else pa.nulls(height)
    return [row.get(name) for row in rows]


def _as_text(raw: Sequence[Any] | pa.Array, misfits: dict[int, str]) -> pa.Array:
    values = raw.to_pylist() if isinstance(raw, pa.Array | pa.ChunkedArray) else raw
    return pa.array(
        [
            None if i not in misfits else value if isinstance(value, str) else _to_json(value)
            for i, value in enumerate(values)
        ],
        pa.string(),
    )


def _record(rows: list[dict[str, Any]] | pa.Table, index: int) -> str:
    row = rows.slice(index, 1).to_pylist()[0] if isinstance(rows, pa.Table) else rows[index]
    return _to_json(row)


def _to_json(value: Any) -> str:
    return json.dumps(value, default=str, sort_keys=True)


def _rejects_table(entity: Entity, rejects: list[tuple[str, str]], loaded_at: datetime) -> pa.Table:
    return pa.table(
        {
            "entity": pa.array([entity.name] * len(rejects), pa.string()),
            "reason": pa.array([reason for _, reason in rejects], pa.string()),
            "record": pa.array([record for record, _ in rejects], pa.string()),
            LOADED_AT: pa.array([loaded_at] * len(rejects), INSTANT),
        },
        schema=pa.schema([field for field in REJECT_COLUMNS if field.name != "_dlt_load_id"]),
    )
