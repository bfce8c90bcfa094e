"""Queries of Account Engagement v5, and the rows made of them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from ingestion.entity import CUSTOM_FIELDS, DELETED, VERSION_AT, Page, Row, custom_json
from ingestion.http import VendorClient, field_of
from ingestion.sources.pardot.settings import (
    API,
    CHAIN_ROWS,
    PAGE_ROWS,
    STATS_COUNTS,
    STATS_RATES,
    PardotObject,
    column_of,
)

Clock = Callable[[], datetime]
CUSTOM_SUFFIX = "__c"


def query(
    client: VendorClient,
    path: str,
    fields: tuple[str, ...],
    *,
    since: datetime | None = None,
    deleted: str | None = None,
) -> Iterator[list[Any]]:
    """Pages of records in the order of their ids, those changed at or after `since`.

    A chain of page tokens gives 100,000 records and then just ends: a new chain goes on after the
    last id. Only `fields` may go with a token.
    """
    asked = ",".join(fields)
    first: dict[str, Any] = {"fields": asked, "limit": PAGE_ROWS, "orderBy": "id"}
    if deleted is not None:
        first["deleted"] = deleted
    if since is not None:
        first["updatedAtAfterOrEqualTo"] = since.astimezone(UTC).isoformat(timespec="seconds")
    while True:
        params = dict(first)
        served = 0
        while True:
            answer = client.get_json(f"{API}/{path}", params)
            values = field_of(answer, "values", f"pardot: {path}")
            yield values
            served += len(values)
            ids = [record["id"] for record in values if record.get("id") is not None]
            if ids:
                first["idGreaterThan"] = ids[-1]
            token = field_of(answer, "nextPageToken", f"pardot: {path}")
            if not token:
                break
            params = {"fields": asked, "nextPageToken": token}
        if served < CHAIN_ROWS:
            return


def read_object(client: VendorClient, kind: PardotObject, since: datetime | None) -> Iterator[Page]:
    """Records of an object changed at or after `since`, deleted ones in the recycle bin included.

    Without a time of change the records that are not deleted, all of them.
    """
    custom = _custom_fields(client) if kind.has_custom_fields else ()
    deleted = ("all" if kind.has_cursor else "false") if kind.has_bin else None
    changed_since = since if kind.has_cursor else None
    for page in query(
        client, kind.path, (*kind.fields, *custom), since=changed_since, deleted=deleted
    ):
        yield [_row(kind, record, custom) for record in page]


def read_ids(client: VendorClient, kind: PardotObject) -> Iterator[list[Row]]:
    """Ids of all records there are, in the recycle bin or not."""
    for page in query(client, kind.path, ("id",), deleted="all"):
        yield [{"id": record.get("id")} for record in page]


def _custom_fields(client: VendorClient) -> tuple[str, ...]:
    return tuple(
        f"{record['fieldId']}{CUSTOM_SUFFIX}"
        for page in query(client, "custom-fields", ("id", "fieldId"))
        for record in page
        if record.get("fieldId")
    )


def _row(kind: PardotObject, record: dict[str, Any], custom: tuple[str, ...]) -> Row:
    row = {column_of(field): record.get(field) for field in kind.fields if field != "isDeleted"}
    row[VERSION_AT] = record.get("updatedAt")
    row[DELETED] = record.get("isDeleted") is True
    if kind.has_custom_fields:
        row[CUSTOM_FIELDS] = custom_json({name: record.get(name) for name in custom})
    return row


def read_stats(client: VendorClient, clock: Clock, since: datetime | None) -> Iterator[Page]:
    """Figures of all list e-mails at first, later of those that something happened to.

    They are asked for one by one and have no time of change; the activities tell which moved.
    """
    if since is None:
        pages = query(client, "list-emails", ("id",), deleted="false")
        ids = {record["id"] for page in pages for record in page if record.get("id")}
    else:
        pages = query(client, "visitor-activities", ("id", "listEmailId"), since=since)
        ids = {record["listEmailId"] for page in pages for record in page} - {None}
    seen_at = clock()
    for number in sorted(ids):
        stats = client.get_json(f"{API}/list-emails/{number}/stats")
        yield [
            {
                "list_email_id": field_of(stats, "listEmailId", "pardot: list e-mail's stats"),
                **{
                    column_of(name): stats.get(name)
                    for name in f"{STATS_COUNTS} {STATS_RATES}".split()
                },
                VERSION_AT: seen_at,
            }
        ]


def read_scores(client: VendorClient, clock: Clock, since: datetime | None) -> Iterator[Page]:
    """Scores of all prospects, once a day (UTC): nothing when the day was seen already."""
    seen_at = clock().astimezone(UTC)
    if since is not None and since.astimezone(UTC).date() >= seen_at.date():
        return
    for page in query(client, "prospects", ("id", "score", "grade"), deleted="false"):
        yield [
            {
                "prospect_id": record.get("id"),
                "snapshot_date": seen_at.date(),
                "score": record.get("score"),
                "grade": record.get("grade"),
                VERSION_AT: seen_at,
            }
            for record in page
        ]
