"""CRM objects of HubSpot: lists, search beyond its ceiling, associations, merges, archives."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingestion.entity import CUSTOM_FIELDS, DELETED, VERSION_AT, Page, Row, custom_json
from ingestion.http import VendorClient, field_of
from ingestion.sources.hubspot.links import associations, first_of, following
from ingestion.sources.hubspot.settings import (
    ASSOCIATION_ROWS,
    BATCH_ROWS,
    LIST_ROWS,
    SEARCH_CEILING,
    SEARCH_ROWS,
    URL_PROPERTIES,
    CrmObject,
)

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Clients:
    """`search` is the same vendor at the slower pace HubSpot wants for searches."""

    api: VendorClient
    search: VendorClient


def read_changed(clients: Clients, kind: CrmObject, since: datetime | None) -> Iterator[Page]:
    """Records changed at or after `since`, then tombstones of archived and merged-away ones.

    The search knows no archived records and their list cannot be filtered by time, so the whole
    list is read and older ones are left out here.
    """
    properties = [*kind.properties, *custom_properties(clients.api, kind)]
    if since is None and not kind.searched_at_first:
        pages = read_list(clients.api, kind, properties)
    else:
        pages = _read_search(clients, kind, properties, since or BEGINNING)
    for page in pages:
        yield [_row(kind, record) for record in page]
        if kind.can_merge:
            yield [row for record in page for row in _merged_away(record)]
    for page in read_list(clients.api, kind, properties, archived=True):
        rows = [_row(kind, record) for record in page]
        yield [row for row in rows if since is None or _is_since(row, since)]


def read_all(client: VendorClient, kind: CrmObject) -> Iterator[Page]:
    """Everything there is of a small object type."""
    for page in read_list(client, kind, kind.properties):
        yield [_row(kind, record) for record in page]


def read_list(
    client: VendorClient,
    kind: CrmObject,
    properties: Sequence[str],
    *,
    archived: bool = False,
    history: Sequence[str] = (),
    limit: int = LIST_ROWS,
) -> Iterator[list[Any]]:
    """Pages of the list endpoint, with associations where properties are asked for, too.

    Long lists of properties are read in a second step, by batch.
    """
    path = f"/crm/v3/objects/{kind.name}"
    params: dict[str, Any] = {"limit": limit, "archived": str(archived).lower()}
    too_long = len(",".join(properties)) > URL_PROPERTIES
    if properties and not too_long:
        params["properties"] = ",".join(properties)
    if kind.associations and properties:
        params["associations"] = ",".join(kind.associations.values())
    if history:
        params["propertiesWithHistory"] = ",".join(history)
    for page in pages(client, path, params):
        yield _with_properties(client, kind, page, properties, archived) if too_long else page


def pages(client: VendorClient, path: str, params: dict[str, Any]) -> Iterator[list[Any]]:
    """Results page by page, following `paging.next.after`."""
    after: str | None = None
    while True:
        answer = client.get_json(path, {**params, "after": after} if after else params)
        yield field_of(answer, "results", f"hubspot: {path}")
        after = following(answer)
        if after is None:
            return


def search(
    clients: Clients, kind: CrmObject, properties: Sequence[str], since: datetime
) -> Iterator[list[Any]]:
    """Records with a modification time at or after `since`, in that order, however many.

    A search ends at 10,000 records. Then the next one starts at the last modification time seen,
    so boundary records repeat. Should one instant alone fill a search, it is read in order of ids,
    and the search goes on a millisecond later.
    """
    start = int(since.timestamp() * 1000)
    while True:
        last = start
        count = 0
        filters = [_filter(kind.modified, "GTE", start)]
        for page in _search_pages(clients, kind, properties, filters, kind.modified):
            yield page
            count += len(page)
            last = max([last, *(_modified(kind, record) for record in page)])
        if count < SEARCH_CEILING:
            return
        if last == start:
            yield from _search_instant(clients, kind, properties, start)
            last += 1
        start = last


def _search_instant(
    clients: Clients, kind: CrmObject, properties: Sequence[str], instant: int
) -> Iterator[list[Any]]:
    after_id = 0
    while True:
        filters = [
            _filter(kind.modified, "EQ", instant),
            _filter("hs_object_id", "GT", after_id),
        ]
        count = 0
        for page in _search_pages(clients, kind, properties, filters, "hs_object_id"):
            yield page
            count += len(page)
            after_id = max([after_id, *(int(record["id"]) for record in page)])
        if count < SEARCH_CEILING:
            return


def _search_pages(
    clients: Clients,
    kind: CrmObject,
    properties: Sequence[str],
    filters: list[dict[str, Any]],
    order: str,
) -> Iterator[list[Any]]:
    path = f"/crm/v3/objects/{kind.name}/search"
    after: str | None = None
    read = 0
    while read < SEARCH_CEILING:
        body: dict[str, Any] = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": order, "direction": "ASCENDING"}],
            "properties": sorted({*properties, kind.modified}),
            "limit": min(SEARCH_ROWS, SEARCH_CEILING - read),
        }
        if after:
            body["after"] = after
        answer = clients.search.post_json(path, body)
        page = field_of(answer, "results", f"hubspot: {path}")
        read += len(page)
        yield page
        after = following(answer)
        if after is None:
            return


def _read_search(
    clients: Clients, kind: CrmObject, properties: Sequence[str], since: datetime
) -> Iterator[list[Any]]:
    """Found records with their associations, which a search does not give."""
    for page in gathered(search(clients, kind, properties, since), ASSOCIATION_ROWS):
        ids = [str(record["id"]) for record in page if isinstance(record, dict)]
        linked = {
            target: _links_by_id(clients.api, kind.name, target, ids)
            for target in kind.associations.values()
        }
        yield [
            {**record, "associations": {to: {"results": found.get(str(record["id"]), [])}
                                        for to, found in linked.items()}}
            if isinstance(record, dict) else record
            for record in page
        ]  # fmt: skip


def gathered(found: Iterable[list[Any]], size: int) -> Iterator[list[Any]]:
    """Pages put together until there are `size` records: a batch of associations takes so many."""
    waiting: list[Any] = []
    for page in found:
        waiting += page
        if len(waiting) >= size:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _links_by_id(
    client: VendorClient, source: str, target: str, ids: Sequence[str]
) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for record_id, links in associations(client, source, target, ids):
        found.setdefault(record_id, []).extend(links)
    return found


def custom_properties(client: VendorClient, kind: CrmObject) -> list[str]:
    """The account's own properties beyond those that have a column."""
    if not kind.has_custom_fields:
        return []
    path = f"/crm/v3/properties/{kind.name}"
    listed = field_of(client.get_json(path), "results", f"hubspot: {path}")
    return sorted(
        prop["name"]
        for prop in listed
        if not prop.get("hubspotDefined") and prop["name"] not in kind.properties
    )


def batch_read(
    client: VendorClient,
    kind: CrmObject,
    ids: Sequence[str],
    properties: Sequence[str] = (),
    *,
    history: Sequence[str] = (),
    archived: bool = False,
    limit: int = BATCH_ROWS,
) -> Iterator[list[Any]]:
    """Records by id."""
    path = f"/crm/v3/objects/{kind.name}/batch/read?archived={str(archived).lower()}"
    for start in range(0, len(ids), limit):
        body: dict[str, Any] = {
            "inputs": [{"id": record_id} for record_id in ids[start : start + limit]],
            "properties": list(properties),
        }
        if history:
            body["propertiesWithHistory"] = list(history)
        yield field_of(client.post_json(path, body), "results", f"hubspot: {path}")


def _with_properties(
    client: VendorClient,
    kind: CrmObject,
    page: list[Any],
    properties: Sequence[str],
    archived: bool,
) -> list[Any]:
    ids = [str(record["id"]) for record in page]
    full = {
        str(record["id"]): record["properties"]
        for part in batch_read(client, kind, ids, properties, archived=archived)
        for record in part
    }
    return [{**record, "properties": full.get(str(record["id"]), {})} for record in page]


def _row(kind: CrmObject, record: Any) -> Row:
    if not isinstance(record, dict):
        return record
    values = record.get("properties") or {}
    row: Row = {name: values.get(name) for name in kind.properties}
    archived = bool(record.get("archived"))
    row |= {
        "id": record.get("id"),
        "created_at": record.get("createdAt"),
        "updated_at": record.get("updatedAt"),
        "archived": archived,
        "archived_at": record.get("archivedAt"),
        VERSION_AT: record.get("archivedAt") if archived else record.get("updatedAt"),
        DELETED: archived,
    }
    for column, target in kind.associations.items():
        linked = (record.get("associations") or {}).get(target) or {}
        row[column] = first_of(linked.get("results") or [])
    if kind.has_custom_fields:
        known = {*kind.properties, kind.modified, "hs_object_id", "createdate", "hs_createdate"}
        row[CUSTOM_FIELDS] = custom_json(
            {name: value for name, value in values.items() if name not in known}
        )
    return row


def _merged_away(record: Any) -> Iterable[Row]:
    """Tombstones of the records this one took in; they appear nowhere else."""
    if not isinstance(record, dict):
        return
    merged = (record.get("properties") or {}).get("hs_merged_object_ids")
    if isinstance(merged, str):
        for record_id in filter(None, merged.replace(",", ";").split(";")):
            yield {
                "id": record_id.strip(),
                VERSION_AT: record.get("updatedAt"),
                DELETED: True,
                "archived": True,
            }


def _filter(name: str, operator: str, value: int) -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, "value": str(value)}


def _modified(kind: CrmObject, record: Any) -> int:
    text = (record.get("properties") or {}).get(kind.modified) or record.get("updatedAt")
    return int(datetime.fromisoformat(str(text)).timestamp() * 1000)


def _is_since(row: Row, since: datetime) -> bool:
    """False for an archived record an earlier run has landed; what cannot be read stays in."""
    try:
        return datetime.fromisoformat(str(row[VERSION_AT])) >= since
    except (ValueError, TypeError):
        return True
