"""Rows of the store as the Web API's JSON, with annotations where they are asked for."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import polars as pl

from ingestion.sandbox.vendors.dynamics.columns import (
    LABEL_MARK,
    TYPE_MARK,
    Column,
    Table,
)

FORMATTED = "OData.Community.Display.V1.FormattedValue"
LOOKUP_TYPE = "Microsoft.Dynamics.CRM.lookuplogicalname"


def selected(table: Table, names: Iterable[str]) -> tuple[Column, ...]:
    """The columns of these properties and the id, which always comes."""
    wanted = set(names)
    chosen = [column for column in table.columns if column.json_name in wanted or not wanted]
    ids = [column for column in table.columns if column.name == table.primary_id]
    return tuple([column for column in chosen if column not in ids] + ids)


def records(
    columns: tuple[Column, ...], rows: pl.DataFrame, annotations: tuple[str, ...]
) -> list[dict[str, Any]]:
    """One JSON object a row; `annotations` are the kinds that were asked for."""
    return [_record(columns, row, annotations) for row in rows.to_dicts()]


def _record(
    columns: tuple[Column, ...], row: dict[str, Any], annotations: tuple[str, ...]
) -> dict[str, Any]:
    record: dict[str, Any] = {"@odata.etag": f'W/"{row["versionnumber"]}"'}
    for column in columns:
        name = column.json_name
        value = row[name]
        if value is not None:
            if FORMATTED in annotations and (label := _label(column, row, value)) is not None:
                record[f"{name}@{FORMATTED}"] = label
            if LOOKUP_TYPE in annotations and column.is_lookup:
                record[f"{name}@{LOOKUP_TYPE}"] = row.get(f"{name}{TYPE_MARK}", column.target)
        record[name] = _json(value)
    return record


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds") + "Z"
    return value.isoformat() if isinstance(value, date) else value


def _label(column: Column, row: dict[str, Any], value: Any) -> str | None:
    if column.options:
        return column.options.get(value)
    if column.label:
        label = row[f"{column.json_name}{LABEL_MARK}"]
        return None if label is None else str(label)
    if column.kind == "Boolean":
        return "Yes" if value else "No"
    if column.kind == "Money":
        return f"{value:,.2f}"
    if column.kind == "Integer":
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.strftime("%m/%d/%Y %I:%M %p")
    return value.strftime("%m/%d/%Y") if isinstance(value, date) else None
