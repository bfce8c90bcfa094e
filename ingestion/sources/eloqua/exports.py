"""Bulk exports: define, sync, wait, read page by page."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ingestion.entity import Row
from ingestion.http import SourceDownError, VendorClient, VendorError, field_of
from ingestion.sources.eloqua.pod import Pod
from ingestion.sources.eloqua.settings import (
    BULK,
    EXPORT_BYTES,
    EXPORT_ROWS,
    FIELD_BYTES,
    POLL_SECONDS,
    WAIT_SECONDS,
)

logger = logging.getLogger(__name__)
RETENTION = "PT6H"
DEFINITION_LIFE = "P1D"

Answer = dict[str, Any]


class ExportFailedError(VendorError):
    """A sync that Eloqua gave up."""


@dataclass(frozen=True)
class Order:
    """What to export: kind of record, column → field statement, and a filter."""

    kind: str
    fields: Mapping[str, str]
    filter: str | None = None

    @property
    def page_rows(self) -> int:
        """How many records a page may have without growing too big."""
        return min(EXPORT_ROWS, EXPORT_BYTES // (FIELD_BYTES * len(self.fields)))


@dataclass(frozen=True)
class Exported:
    """Records of a finished export: how many, and their pages."""

    total: int
    pages: Iterator[list[Row]]


@dataclass
class Exports:
    """Runs exports one after another, as Eloqua asks for."""

    pod: Pod
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def run(self, order: Order) -> Exported:
        """Waits until an export is ready. Raises ExportFailedError when it ends with an error."""
        with self._turn:
            uri = self.pod.ask(partial(_start, order=order))
            self._wait(uri, order)
        read = partial(self._page, uri, order.page_rows)
        first = read(0)
        total = int(field_of(first, "totalResults", f"eloqua: {uri}"))
        return Exported(total, _pages(uri, read, first))

    def _wait(self, uri: str, order: Order) -> None:
        patience = self.pod.patience
        started = patience.now()
        pause = 1.0
        while True:
            sync = self._get(uri)
            status = field_of(sync, "status", f"eloqua: {uri}")
            if status == "success":
                return
            if status not in ("pending", "active"):
                logs = self._get(f"{uri}/logs").get("items") or []
                said = "; ".join(str(log.get("message")) for log in logs) or "no reason given"
                if status == "warning":
                    logger.warning("eloqua: an export of %s has a warning: %s", order.kind, said)
                    return
                raise ExportFailedError(f"eloqua: an export of {order.kind} failed: {said}")
            if patience.now() - started > WAIT_SECONDS:
                raise VendorError(
                    f"eloqua: an export of {order.kind} is still {status} after "
                    f"{WAIT_SECONDS:g} s; other services may keep the account busy"
                )
            patience.sleep(pause)
            pause = min(2 * pause, POLL_SECONDS)

    def _page(self, uri: str, limit: int, offset: int) -> Answer:
        return self._get(f"{uri}/data", {"limit": limit, "offset": offset})

    def _get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        found: Answer = self.pod.get_json(BULK + path, params)
        return found


def _pages(uri: str, read: Callable[[int], Answer], first: Answer) -> Iterator[list[Row]]:
    """Pages from the first on. Raises VendorError when they end before all records came."""
    page, offset = first, 0
    while True:
        rows = page.get("items") or []
        yield rows
        count = int(page.get("count", len(rows)))
        offset += count
        if not count or not page.get("hasMore"):
            break
        page = read(offset)
    total = int(field_of(page, "totalResults", f"eloqua: {uri}"))
    if offset < total:
        raise VendorError(f"eloqua: {uri} gave {offset} of {total} records and then no more")


def instant(at: datetime) -> str:
    """A time as filters have it; that it is UTC stands in the definition."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _start(client: VendorClient, *, order: Order) -> str:
    """Starts a sync of a definition of its own, and gives the sync's path.

    Two syncs of one definition at a time spoil each other. So a start that may or may not have been
    heard is not repeated: another definition is made.
    """
    body = {
        "name": f"Revlake {order.kind}",
        "fields": dict(order.fields),
        "areSystemTimestampsInUTC": True,
        "autoDeleteDuration": DEFINITION_LIFE,
        "dataRetentionDuration": RETENTION,
        **({"filter": order.filter} if order.filter else {}),
    }
    patience = client.patience
    attempt = 0
    while True:
        attempt += 1
        definition = client.post_json(f"{BULK}/{order.kind}/exports", body)
        uri = field_of(definition, "uri", "eloqua: definition of an export")
        once = replace(client, patience=replace(patience, attempts=1))
        try:
            sync = once.post_json(f"{BULK}/syncs", {"syncedInstanceUri": uri})
            return str(field_of(sync, "uri", "eloqua: sync"))
        except SourceDownError:
            if attempt >= patience.attempts:
                raise
            patience.sleep(patience.pause(attempt, None))
        finally:
            once.close()
