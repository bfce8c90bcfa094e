"""Organizations, persons and activities of Pipedrive: what changed, what went."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ingestion.entity import DELETED, VERSION_AT, Page, Row
from ingestion.http import VendorClient
from ingestion.sources.pipedrive.calls import (
    cursor_pages,
    position_pages,
    rfc3339,
    v1_instant,
)
from ingestion.sources.pipedrive.fields import FieldBook, as_json, read_fields
from ingestion.sources.pipedrive.settings import ListedObject


def read_changed(
    client: VendorClient,
    kind: ListedObject,
    clock: Callable[[], datetime],
    since: datetime | None,
) -> Iterator[Page]:
    """Records changed at or after `since`, then tombstones of those deleted since."""
    book = read_fields(client, kind.fields_path, kind.entity) if kind.fields_path else FieldBook()
    for page in cursor_pages(client, kind.path, changed_since(since)):
        yield [as_row(record, kind.entity.columns.names, book) for record in page]
    if since is not None:
        yield from _read_deleted(client, kind, since, clock())


def changed_since(since: datetime | None) -> dict[str, str]:
    """A list's parameters: all of it in the order of ids, or what changed in the order of time."""
    if since is None:
        return {"sort_by": "id"}
    return {"sort_by": "update_time", "updated_since": rfc3339(since)}


def read_ids(client: VendorClient, kind: ListedObject) -> Iterator[list[Row]]:
    """The ids of all records there are."""
    for page in cursor_pages(client, kind.path, {"sort_by": "id"}):
        yield [{"id": record.get("id")} for record in page]


def _read_deleted(
    client: VendorClient, kind: ListedObject, since: datetime, now: datetime
) -> Iterator[Page]:
    """v1 lists what changed within the last month, deleted records too."""
    params = {"items": kind.recent_item, "since_timestamp": v1_instant(since)}
    for page in position_pages(client, "/api/v1/recents", params):
        yield [_tombstone(change, now) for change in page if _is_deleted(change)]


def _is_deleted(change: Mapping[str, Any]) -> bool:
    record = change.get("data") or {}
    return not record or record.get("active_flag") is False or record.get("deleted") is True


def _tombstone(change: Mapping[str, Any], now: datetime) -> Row:
    record = change.get("data") or {}
    return {"id": change.get("id"), VERSION_AT: record.get("update_time") or now, DELETED: True}


def as_row(record: Mapping[str, Any], columns: list[str], book: FieldBook) -> Row:
    """A record's own fields under the entity's columns, its custom ones by their names."""
    row: Row = {
        **{name: record[name] for name in columns if name in record},
        **book.values(record.get("custom_fields") or {}),
        VERSION_AT: record.get("update_time") or record.get("add_time"),
        DELETED: record.get("is_deleted") is True,
    }
    for name in ("label_ids", "emails", "phones", "prices"):
        if name in row:
            row[name] = as_json(row[name]) if row[name] else None
    for one, many in (("email", "emails"), ("phone", "phones")):
        if one in columns:
            row[one] = _primary(record.get(many))
    if "address" in columns:
        address = record.get("address") or {}
        row["address"] = address.get("value")
        row["country"] = address.get("country") or row.get("country")
    return row


def _primary(values: Any) -> Any:
    """The value marked as primary, else the first."""
    found = [value for value in values or () if isinstance(value, dict)]
    found.sort(key=lambda value: not value.get("primary"))
    return found[0].get("value") if found else None
