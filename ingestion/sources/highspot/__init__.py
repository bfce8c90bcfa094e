"""Highspot: people, spots and items by API, pitches and views from two reports as CSV.

Needs an API key and secret, and two reports that an administrator makes once; which columns they
must have stands in docs/sources/highspot.md. People, spots and items are read whole each run: what
does not come any more is deleted. Reports are read whole, too, but nothing is deleted for being
absent there, for a report may span some months only. Highspot publishes no limits: the pace is the
connection's, and a 429 is waited out.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import requests

from ingestion.auth import BasicLogin
from ingestion.csv_text import read_text
from ingestion.entity import VERSION_AT, Entity, Page, Row
from ingestion.feed import Feed
from ingestion.http import (
    HalfAnswerError,
    Patience,
    Rate,
    RefusedError,
    VendorClient,
    VendorError,
    field_of,
)
from ingestion.parallel import side_by_side
from ingestion.sources.highspot.settings import (
    ITEMS,
    MINUTE,
    PAGE_ROWS,
    PITCHES,
    SPOTS,
    USERS,
    VIEWS,
    WORKERS,
    Connection,
    Report,
)

NOT_THERE = 404


def build_source(
    connection: Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """One feed for each list and each report."""
    client = VendorClient(
        name="highspot",
        base_url=connection.base_url,
        auth=BasicLogin(connection.api_key, connection.api_secret.get_secret_value()),
        rate=Rate(connection.calls_per_minute / 12, MINUTE.total_seconds() / 12),
        patience=patience,
    )
    yield Feed(USERS, lambda since: read_users(client, clock), complete=True)
    yield Feed(SPOTS, lambda since: read_spots(client, clock), complete=True)
    yield Feed(ITEMS, lambda since: read_items(client, clock), complete=True)
    for report, item_id in (
        (PITCHES, connection.pitches_report_id),
        (VIEWS, connection.views_report_id),
    ):
        yield Feed(report.entity, partial(read_report, client, report, item_id))


def read_users(client: VendorClient, clock: Callable[[], datetime]) -> Iterator[Page]:
    """All people, whatever their state. The time of reading is the version's."""
    for records in pages(client, "/users", {"list": "all"}):
        yield [_row(USERS, record, clock()) for record in records]


def read_spots(client: VendorClient, clock: Callable[[], datetime]) -> Iterator[Page]:
    """All spots that the key may see."""
    for records in pages(client, "/spots", {"right": "view"}):
        yield [_row(SPOTS, record, clock()) for record in records]


def read_items(client: VendorClient, clock: Callable[[], datetime]) -> Iterator[Page]:
    """The items of all spots, spot by spot, several at once."""
    spots = (
        record["id"]
        for records in pages(client, "/spots", {"right": "view"}, read=_with_ids)
        for record in records
    )
    reads = (partial(_items_of, client, clock, spot) for spot in spots)
    for found in side_by_side(reads, workers=WORKERS):
        yield from found


def read_report(
    client: VendorClient, report: Report, item_id: str, since: datetime | None
) -> Iterator[Page]:
    """A report whole, whatever `since`: it has no time of change to filter by."""
    body = client.get(
        f"/items/{item_id}/content",
        {"format": "text/csv"},
        read=lambda response: response.content,
    )
    table, broken = read_text(body)
    if broken:
        yield [{"line": line} for line in broken]
    yield _with_key(report, _named(report, table))


def pages(
    client: VendorClient,
    path: str,
    params: dict[str, Any],
    read: Callable[[requests.Response], Any] = requests.Response.json,
) -> Iterator[list[Any]]:
    """Pages by offset, as far as they bring something new or the total that is told.

    A page may be shorter than asked for and repeat records: only distinct ones count.
    """
    seen: set[str] = set()
    while True:
        asked = {**params, "start": len(seen), "limit": PAGE_ROWS}
        answer = client.get(path, asked, read=read)
        records = field_of(answer, "collection", f"highspot: {path}")
        yield records
        before = len(seen)
        seen.update(_id(record) for record in records)
        total = answer.get("counts_total")
        if len(seen) == before or (isinstance(total, int) and len(seen) >= total):
            return


def _with_ids(response: requests.Response) -> Any:
    """The answer, unless a record lacks its id: what hangs on it would count as deleted."""
    answer = response.json()
    if any(not _id(record) for record in field_of(answer, "collection", "highspot: spots")):
        raise HalfAnswerError("a spot without id")
    return answer


def _id(record: Any) -> str:
    return str(record.get("id") or "") if isinstance(record, dict) else ""


def _items_of(client: VendorClient, clock: Callable[[], datetime], spot: str) -> list[Page]:
    try:
        found = list(pages(client, "/items", {"spot": spot}))
    except RefusedError as refused:
        if refused.status != NOT_THERE:
            raise
        return []  # The spot was deleted since it was listed, and its items with it.
    return [[_row(ITEMS, record, clock(), spot_id=spot) for record in records] for records in found]


def _row(entity: Entity, record: Any, seen_at: datetime, **more: str) -> Row:
    if not isinstance(record, dict):
        return record
    return {
        **{name: record.get(name) for name in entity.columns.names},
        **more,
        VERSION_AT: seen_at,
    }


def _named(report: Report, table: pa.Table) -> pa.Table:
    """The report's columns under ours; case, spaces and signs of a header do not matter."""
    there = {_plain(name): name for name in table.column_names}
    missing = [header for header in report.headers if _plain(header) not in there]
    if missing:
        raise VendorError(
            f"highspot: the report {report.title!r} has no column {', '.join(missing)}; add it "
            "to the report in Highspot, or give the id of the right report"
        )
    return pa.table({name: table[there[_plain(header)]] for header, name in report.headers.items()})


def _with_key(report: Report, table: pa.Table) -> pa.Table:
    """Reports number no rows: the key is what a row is about; without that a row is set aside."""
    names = (*report.identity, *report.also)
    key = pc.binary_join_element_wise(
        *(table[name] for name in names), "|", null_handling="replace", null_replacement=""
    )
    for name in report.identity:
        key = pc.if_else(pc.is_valid(table[name]), key, pa.scalar(None, pa.string()))
    table = table.append_column(report.entity.key[0], key)
    return table.append_column(VERSION_AT, table[report.happened_at])


def _plain(header: str) -> str:
    return re.sub(r"[^a-z0-9]", "", header.lower())
