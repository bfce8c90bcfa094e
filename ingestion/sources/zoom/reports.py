"""Past meetings, read once a run for both feeds that need them."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from ingestion.http import VendorClient, field_of
from ingestion.parallel import side_by_side
from ingestion.sources.zoom.settings import PAGE_ROWS, REPORTED, WORKERS

STATUSES = ("active", "inactive", "pending")
Record = dict[str, Any]
Key = tuple[str, ...]


@dataclass
class Reports:
    """`api` and `reports` are the same vendor at the paces that Zoom wants for the two."""

    api: VendorClient
    reports: VendorClient
    clock: Callable[[], datetime]
    _read: dict[Key, Future[list[Any]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def users(self) -> list[list[Any]]:
        """All people of the account, page by page."""
        return self._once(("users",), self._people)

    def meetings(self, since: datetime | None) -> Iterator[list[Record]]:
        """Past meetings of each person from the day before `since` on, with their `host_id`."""
        hosts = [
            record["id"]
            for page in self.users()
            for record in page
            if isinstance(record, dict) and isinstance(record.get("id"), str)
        ]
        spans = list(months(self._first_day(since), self.clock().date()))
        reads = (
            partial(self._once, (host, str(start)), partial(self._hosted, host, start, end))
            for host in hosts
            for start, end in spans
        )
        yield from side_by_side(reads, workers=WORKERS)

    def some_meetings(self) -> list[Record]:
        """This month's meetings of one person, for a look at whether they may be read."""
        today = self.clock().date()
        page = self.api.get_json("/users", {"status": STATUSES[0], "page_size": 1})
        hosts = [record["id"] for record in page.get("users", [])]
        return [
            meeting
            for host in hosts[:1]
            for meeting in self._hosted(host, today.replace(day=1), today)
        ]

    def _first_day(self, since: datetime | None) -> date:
        earliest = self.clock() - REPORTED
        return (earliest if since is None else max(earliest, since - timedelta(days=1))).date()

    def _once(self, key: Key, read: Callable[[], list[Any]]) -> list[Any]:
        """What `read` gives, read once: whoever asks second waits for the first."""
        with self._lock:
            is_first = key not in self._read
            found = self._read.setdefault(key, Future())
        if is_first:
            try:
                found.set_result(read())
            except BaseException as error:
                found.set_exception(error)
                raise
        return found.result()

    def _people(self) -> list[list[Any]]:
        return [
            page
            for status in STATUSES
            for page in pages(self.api, "/users", {"status": status}, "users")
        ]

    def _hosted(self, host: str, start: date, end: date) -> list[Record]:
        path = f"/report/users/{quote(host, safe='')}/meetings"
        span = {"from": start.isoformat(), "to": end.isoformat(), "type": "past"}
        return [
            {**record, "host_id": host} if isinstance(record, dict) else record
            for page in pages(self.reports, path, span, "meetings")
            for record in page
        ]


def pages(
    client: VendorClient, path: str, params: dict[str, Any], name: str
) -> Iterator[list[Any]]:
    """Pages of a list. A token for the next one lives 15 minutes, a call five at most."""
    asked = {**params, "page_size": PAGE_ROWS}
    while True:
        answer = client.get_json(path, asked)
        yield field_of(answer, name, f"zoom: {path}")
        token = answer.get("next_page_token")
        if not token:
            return
        asked["next_page_token"] = token


def months(start: date, end: date) -> Iterator[tuple[date, date]]:
    """The calendar months from `start` to `end`: a report spans one month at most."""
    while start <= end:
        next_month = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield start, min(end, next_month - timedelta(days=1))
        start = next_month


def encoded(uuid: str) -> str:
    """A meeting's UUID in a path: Zoom wants one with a slash at its start, or two in a row,
    encoded twice."""
    once = quote(uuid, safe="")
    return quote(once, safe="") if uuid.startswith("/") or "//" in uuid else once
