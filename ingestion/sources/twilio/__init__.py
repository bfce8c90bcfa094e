"""Twilio: calls and the account's numbers, with an API key and Basic authentication.

Calls can only be filtered by their start. Each run reads again what started in the two days before
the newest change, for a call's status changes while it lasts and its price comes later, without
moving its time of change. Deleted calls leave no trace but a 404: once a day everything is read,
and what is missing is deleted. Limits: requests at once, 429 with code 20429 and Retry-After.
Calls that were cancelled before they were dialed have no start and are not landed. Recordings and
transcriptions are not read.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from ingestion.auth import BasicLogin
from ingestion.entity import VERSION_AT, Entity, Page, Row
from ingestion.feed import Feed
from ingestion.http import Patience, VendorClient, field_of
from ingestion.parallel import side_by_side
from ingestion.sources.twilio.settings import (
    API,
    CALLS,
    NUMBERS,
    PAGE_ROWS,
    RATE,
    SETTLES,
    SWEEP,
    WINDOW,
    WINDOWS,
    WORKERS,
    Connection,
)

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
INSTANTS = ("start_time", "end_time", "date_created", "date_updated")


def build_source(
    connection: Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """Calls, and all numbers each time."""
    client = VendorClient(
        name="twilio",
        base_url=connection.base_url,
        auth=BasicLogin(connection.api_key_sid, connection.api_key_secret.get_secret_value()),
        rate=RATE,
        patience=patience,
    )
    account = f"{API}/Accounts/{connection.account_sid}"
    yield Feed(
        CALLS,
        partial(read_calls, client, account, clock),
        overlap=SETTLES,
        revisit=SWEEP,
    )
    yield Feed(NUMBERS, lambda since: read_numbers(client, account), complete=True)


def read_calls(
    client: VendorClient, account: str, clock: Callable[[], datetime], since: datetime | None
) -> Iterator[Page]:
    """Calls that started on the day of `since` or later, in parallel if that is everything."""
    windows = [(since, None)] if since is not None else everything(clock())
    reads = (partial(_read_window, client, account, start, end) for start, end in windows)
    for pages in side_by_side(reads, workers=WORKERS):
        yield from pages


def everything(now: datetime) -> Iterator[tuple[datetime | None, datetime | None]]:
    """Windows of start times, the oldest and the newest open: nobody tells when calls began."""
    bounds = [None, *(now - WINDOW * back for back in range(WINDOWS, 0, -1)), None]
    return pairwise(bounds)


def _read_window(
    client: VendorClient, account: str, start: datetime | None, end: datetime | None
) -> list[Page]:
    """Bounds are whole days, the last one included, whichever way Twilio takes 'before'."""
    params = {}
    if start is not None:
        params["StartTime>"] = start.date().isoformat()
    if end is not None:
        params["StartTime<"] = (end + timedelta(days=1)).date().isoformat()
    return list(_rows(client, f"{account}/Calls.json", params, "calls", CALLS))


def read_numbers(client: VendorClient, account: str) -> Iterator[Page]:
    """All numbers the account holds."""
    path = f"{account}/IncomingPhoneNumbers.json"
    return _rows(client, path, {}, "incoming_phone_numbers", NUMBERS)


def _rows(
    client: VendorClient, path: str, params: dict[str, Any], name: str, entity: Entity
) -> Iterator[Page]:
    """Pages of a list; the address of the next one already holds all parameters."""
    following: str | None = path
    asked: dict[str, Any] | None = {**params, "PageSize": PAGE_ROWS}
    while following:
        answer = client.get_json(following, asked)
        yield [_row(record, entity.columns.names) for record in field_of(answer, name, "twilio")]
        following, asked = answer.get("next_page_uri"), None


def _row(record: Any, names: Iterable[str]) -> Row:
    if not isinstance(record, dict):
        return record
    row = {name: record.get(name) for name in names}
    for name in INSTANTS:
        if name in row:
            row[name] = _iso(row[name])
    row[VERSION_AT] = row["date_updated"] or row["date_created"]
    return row


def _iso(value: Any) -> Any:
    """`Fri, 18 Oct 2019 17:00:00 +0000` → `2019-10-18T17:00:00+0000`; else the value as it is."""
    if not isinstance(value, str) or len(value) != 31 or value[8:11] not in MONTHS:
        return value
    month = MONTHS.index(value[8:11]) + 1
    return f"{value[12:16]}-{month:02}-{value[5:7]}T{value[17:25]}{value[26:]}"
