"""Aircall: calls, users, numbers, teams, tags and contacts, with an API id and token.

Calls can be filtered by their start alone and have no time of change: what started in the last two
days is read again each run, and the last 35 days once a day, for calls are archived late. Contacts
come by their time of change, all of them once a day, since deleted ones leave no trace; the other
lists are read whole. Limits: 60 calls a minute or what the headers say, and 10,000 records a query,
after which the next query starts at the last second seen. Recordings, voicemails and comments are
not landed.
"""

import json
import math
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

import requests

from ingestion.auth import BasicLogin
from ingestion.entity import VERSION_AT, Page, Row
from ingestion.feed import Feed
from ingestion.http import Patience, Rate, VendorClient, VendorError, Verdict, field_of
from ingestion.sources.aircall.settings import (
    API,
    ARCHIVED_WITHIN,
    CALLS,
    CEILING,
    CONTACTS,
    NUMBERS,
    PAGE_ROWS,
    RATE,
    SETTLES,
    SWEEP,
    TAGS,
    TEAMS,
    USERS,
    Connection,
)

Record = dict[str, Any]


def build_source(
    connection: Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """One feed for each entity; all share one pace."""
    client = VendorClient(
        name="aircall",
        base_url=connection.base_url,
        auth=BasicLogin(connection.api_id, connection.api_token.get_secret_value()),
        rate=RATE,
        patience=patience,
        judge=judge,
        allowance=allowance,
    )
    yield Feed(
        CALLS,
        partial(read_calls, client),
        overlap=SETTLES,
        revisit=ARCHIVED_WITHIN,
        oldest_first=True,
    )
    yield Feed(CONTACTS, partial(read_contacts, client), revisit=SWEEP)
    for entity, to_row in ((USERS, _user), (NUMBERS, _number), (TEAMS, _team), (TAGS, _tag)):
        yield Feed(entity, partial(read_list, client, entity.name, to_row, clock), complete=True)


def judge(response: requests.Response) -> Verdict:
    """A header says when the minute whose calls are used up is over."""
    reset = response.headers.get("X-AircallApi-Reset", "")
    if response.status_code != 429 or not reset.isdigit():
        return Verdict()
    return Verdict(wait_seconds=max(0.0, int(reset) - time.time()))


def allowance(response: requests.Response) -> Rate | None:
    """The account's calls a minute, spread over the minute."""
    limit = response.headers.get("X-AircallApi-Limit", "")
    return Rate(int(limit) / 12, 5) if limit.isdigit() and int(limit) else None


def read_calls(client: VendorClient, since: datetime | None) -> Iterator[Page]:
    """Calls that started at or after `since`, oldest first."""
    yield from _from_start(client, "calls", "started_at", since, _call)


def read_contacts(client: VendorClient, since: datetime | None) -> Iterator[Page]:
    """All contacts in order of creation, or those changed since, the latest first."""
    if since is None:
        yield from _from_start(client, "contacts", "created_at", None, _contact)
        return
    for page in _pages(client, "contacts", {"order_by": "updated_at", "order": "desc"}):
        yield [_contact(record) for record in page]
        oldest = min((_seconds(each, "updated_at", otherwise=math.inf) for each in page), default=0)
        if oldest < since.timestamp():
            return


def read_list(
    client: VendorClient,
    name: str,
    to_row: Callable[[Record], Row],
    clock: Callable[[], datetime],
    since: datetime | None,
) -> Iterator[Page]:
    """A small list whole, whatever `since`; the time of reading is the version's."""
    for page in _pages(client, name, {}):
        yield [
            {**to_row(record), VERSION_AT: clock()} if isinstance(record, dict) else record
            for record in page
        ]


def _from_start(
    client: VendorClient,
    name: str,
    started: str,
    since: datetime | None,
    to_row: Callable[[Any], Row],
) -> Iterator[Page]:
    """Records from `since` on by time of creation, however many: a query gives 10,000 at most."""
    start = int(since.timestamp()) if since is not None else 0
    while True:
        last, count = start, 0
        for page in _pages(client, name, {"from": start, "order": "asc"}):
            yield [to_row(record) for record in page]
            last = max([last, *(int(_seconds(each, started, otherwise=0)) for each in page)])
            count += len(page)
        if count < CEILING:
            return
        if last == start:
            raise VendorError(
                f"aircall: more than {CEILING} {name} began in second {start}, and no query gives "
                "more than that; ask Aircall's support for an export of that second"
            )
        start = last


def _pages(client: VendorClient, name: str, params: Record) -> Iterator[list[Any]]:
    """Pages by number: the links name a host that need not be the one asked."""
    page = 0
    while True:
        page += 1
        asked = {**params, "per_page": PAGE_ROWS, "page": page}
        answer = client.get_json(f"{API}/{name}", asked)
        yield field_of(answer, name, f"aircall: {name}")
        if not field_of(answer, "meta", f"aircall: {name}").get("next_page_link"):
            return


def _call(record: Any) -> Row:
    if not isinstance(record, dict):
        return record
    number = record.get("number") or {}
    row = {
        "id": record.get("id"),
        "sid": record.get("sid"),
        "direction": record.get("direction"),
        "status": record.get("status"),
        "missed_call_reason": record.get("missed_call_reason"),
        "raw_digits": record.get("raw_digits"),
        "user_id": _id(record.get("user")),
        "contact_id": _id(record.get("contact")),
        "number_id": number.get("id"),
        "number_digits": number.get("digits"),
        "assigned_to_id": _id(record.get("assigned_to")),
        "country_code_a2": record.get("country_code_a2"),
        "tag_ids": _ids(record.get("tags")),
        "duration": record.get("duration"),
        "cost": record.get("cost"),
        "archived": record.get("archived"),
        "started_at": _moment(record.get("started_at")),
        "answered_at": _moment(record.get("answered_at")),
        "ended_at": _moment(record.get("ended_at")),
    }
    row[VERSION_AT] = row["ended_at"] or row["answered_at"] or row["started_at"]
    return row


def _contact(record: Any) -> Row:
    if not isinstance(record, dict):
        return record
    return {
        "id": record.get("id"),
        "first_name": record.get("first_name"),
        "last_name": record.get("last_name"),
        "company_name": record.get("company_name"),
        "phone_numbers": _values(record.get("phone_numbers")),
        "emails": _values(record.get("emails")),
        "is_shared": record.get("is_shared"),
        "created_at": _moment(record.get("created_at")),
        "updated_at": _moment(record.get("updated_at")),
        VERSION_AT: _moment(record.get("updated_at")),
    }


def _user(record: Record) -> Row:
    return {
        **_fields(record, "id name email time_zone language created_at"),
        "number_ids": _ids(record.get("numbers")),
    }


def _number(record: Record) -> Row:
    return _fields(record, "id name digits country time_zone is_ivr created_at")


def _team(record: Record) -> Row:
    return {**_fields(record, "id name created_at"), "user_ids": _ids(record.get("users"))}


def _tag(record: Record) -> Row:
    return _fields(record, "id name color")


def _fields(record: Record, names: str) -> Row:
    return {name: record.get(name) for name in names.split()}


def _id(linked: Any) -> Any:
    return linked.get("id") if isinstance(linked, dict) else None


def _ids(linked: Any) -> str:
    """Ids of linked records as a JSON array, in order."""
    return json.dumps(sorted(record["id"] for record in linked or [] if "id" in record))


def _values(labelled: Any) -> str:
    return json.dumps([each.get("value") for each in labelled or []], ensure_ascii=False)


def _moment(value: Any) -> Any:
    """Aircall counts in seconds, the lake takes numbers as milliseconds."""
    return value * 1000 if isinstance(value, int) and not isinstance(value, bool) else value


def _seconds(record: Any, name: str, *, otherwise: float) -> float:
    """An instant of a record in Unix seconds; what cannot be read is set aside later."""
    value = record.get(name) if isinstance(record, dict) else None
    return float(value) if isinstance(value, int) else otherwise
