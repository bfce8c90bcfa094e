"""The Bulk API: fields, export definitions, syncs that run them, and the data they staged."""

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import polars as pl
from fastapi import APIRouter, Query
from fastapi.responses import Response

from ingestion.sandbox.replies import JsonBody, json_reply
from ingestion.sandbox.store import Store
from ingestion.sandbox.vendors.eloqua import credentials
from ingestion.sandbox.vendors.eloqua.eloqua_tables import SCHEMA
from ingestion.sandbox.vendors.eloqua.fields import (
    ACTIVITY_STATEMENTS,
    CONTACT_FIELDS,
    CONTACT_STATEMENTS,
    columns_of,
)
from ingestion.sandbox.vendors.eloqua.filters import ACTIVITY_TYPE, EASTERN, condition
from ingestion.sandbox.vendors.eloqua.refusals import conflict, invalid, unknown
from ingestion.sandbox.world import World

MOST_ROWS = 50_000
MOST_LISTED = 1_000
MOST_FIELDS = 250
MOST_ACTIVITIES = 5_000_000
BIG_SYNC = 50_000
KEPT = 60
FIRST_SYNC = 81_000_000
UTC_ZONE = ZoneInfo("UTC")

Limit = Annotated[int, Query(ge=1)]
Offset = Annotated[int, Query(ge=0)]
Body = dict[str, Any]


@dataclass
class Definition:
    """What to export."""

    kind: str
    number: int
    order: Body
    created_at: datetime

    @property
    def uri(self) -> str:
        return f"/{self.kind}/exports/{self.number}"

    @property
    def zone(self) -> ZoneInfo:
        return UTC_ZONE if self.order.get("areSystemTimestampsInUTC") else EASTERN

    @property
    def statements(self) -> dict[str, str]:
        """The statements it may use: a contact's, or those of its type of activity."""
        if self.kind == "contacts":
            return CONTACT_STATEMENTS
        asked = ACTIVITY_TYPE.search(self.order.get("filter") or "")
        known = ACTIVITY_STATEMENTS.get(asked.group(1)) if asked else None
        if known is None:
            raise invalid("filter", self.order.get("filter"), "Must name one activity type")
        return known

    def sql(self, table: str) -> str:
        """What it selects from a table of its kind."""
        where = 'not "isDeleted"' if self.kind == "contacts" else "true"
        if self.order.get("filter"):
            where += f" and ({condition(self.order['filter'], self.statements, self.zone)})"
        selected = columns_of(self.order["fields"], self.statements)
        return f"select {selected} from {table} where {where} order by id"

    def describe(self) -> Body:
        stamp, author = _stamp(self.created_at), credentials.USERNAME
        return {
            "areSystemTimestampsInUTC": False,
            "dataRetentionDuration": "PT12H",
            **self.order,
            "uri": self.uri,
            "createdBy": author,
            "createdAt": stamp,
            "updatedBy": author,
            "updatedAt": stamp,
        }


@dataclass
class Sync:
    """One run of a definition. Its data are those of the moment when it ends."""

    number: int
    definition: Definition
    created_at: datetime
    status: str = "pending"
    ended_at: datetime | None = None
    data: pl.DataFrame = field(default_factory=pl.DataFrame)
    logs: list[Body] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        return self.status in ("pending", "active")

    def describe(self) -> Body:
        body = {
            "syncedInstanceUri": self.definition.uri,
            "createdAt": _stamp(self.created_at),
            "createdBy": credentials.USERNAME,
            "status": self.status,
            "uri": f"/syncs/{self.number}",
        }
        if self.ended_at is not None:
            body |= {
                "syncStartedAt": _stamp(self.created_at),
                "syncEndedAt": _stamp(self.ended_at),
            }
        return body

    def end(self, status: str, severity: str, message: str, count: int, now: datetime) -> None:
        self.status, self.ended_at = status, now
        self.logs.append(
            {
                "syncUri": f"/syncs/{self.number}",
                "count": count,
                "severity": severity,
                "statusCode": "ELQ-00101",
                "message": message,
                "createdAt": _stamp(now),
            }
        )


@dataclass
class Staging:
    """The account's definitions and syncs; the oldest are forgotten."""

    now: Callable[[], datetime]
    definitions: OrderedDict[str, Definition] = field(default_factory=OrderedDict)
    syncs: OrderedDict[int, Sync] = field(default_factory=OrderedDict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(FIRST_SYNC))

    def define(self, kind: str, order: Body) -> Definition:
        with self.lock:
            made = Definition(kind, next(self.numbers), order, self.now())
            _check(made)
            self.definitions[made.uri] = made
            _forget(self.definitions)
            return made

    def start(self, uri: str) -> Sync:
        with self.lock:
            definition = self.definition(uri)
            if any(sync.is_running for sync in self.of(definition)):
                raise conflict()
            sync = Sync(next(self.numbers), definition, self.now())
            self.syncs[sync.number] = sync
            _forget(self.syncs)
            return sync

    def definition(self, uri: str) -> Definition:
        if uri not in self.definitions:
            raise unknown()
        return self.definitions[uri]

    def sync(self, number: int) -> Sync:
        if number not in self.syncs:
            raise unknown()
        return self.syncs[number]

    def of(self, definition: Definition) -> list[Sync]:
        return [sync for sync in self.syncs.values() if sync.definition is definition]

    def work(self, store: Store, sync: Sync) -> None:
        """Small syncs are done by the first poll, big ones are seen at work once."""
        with self.lock:
            if not sync.is_running:
                return
            kind = sync.definition.kind
            frame = store.fetch(sync.definition.sql(store.current(f"{SCHEMA}.{kind}")))
            if frame.height > BIG_SYNC and sync.status == "pending":
                sync.status = "active"
            elif kind == "activities" and frame.height > MOST_ACTIVITIES:
                message = f"More than {MOST_ACTIVITIES} records"
                sync.end("error", "error", message, frame.height, self.now())
            else:
                sync.data = _as_text(frame, sync.definition.zone)
                message = "Successfully exported members to csv file."
                sync.end("success", "information", message, frame.height, self.now())


def bulk_routes(world: World) -> APIRouter:
    router = APIRouter()
    staging = Staging(world.clock.now)

    @router.get("/contacts/fields")
    def fields(limit: Limit = MOST_LISTED, offset: Offset = 0) -> Response:
        found = [each.describe(number) for number, each in enumerate(CONTACT_FIELDS, start=1)]
        return _page(found, min(limit, MOST_LISTED), offset)

    @router.post("/{kind}/exports")
    def define(kind: str, order: JsonBody) -> Response:
        if kind not in ("contacts", "activities"):
            raise unknown()
        return json_reply(staging.define(kind, order).describe(), status=201)

    @router.get("/{kind}/exports/{number}")
    def read(kind: str, number: int) -> Response:
        return json_reply(staging.definition(f"/{kind}/exports/{number}").describe())

    @router.get("/{kind}/exports/{number}/data")
    def latest(kind: str, number: int, limit: Limit = MOST_LISTED, offset: Offset = 0) -> Response:
        done = staging.of(staging.definition(f"/{kind}/exports/{number}"))
        if not done:
            raise unknown()
        return _data(done[-1], limit, offset)

    @router.post("/syncs")
    def start(order: JsonBody) -> Response:
        sync = staging.start(str(order.get("syncedInstanceUri")))
        order = sync.definition.order
        world.hints[str(sync.number)] = f"export of {order.get('filter') or 'contacts'}"
        return json_reply(sync.describe(), status=201)

    @router.get("/syncs/{number}")
    def status(number: int) -> Response:
        sync = staging.sync(number)
        staging.work(world.store, sync)
        return json_reply(sync.describe())

    @router.get("/syncs/{number}/data")
    def data(number: int, limit: Limit = MOST_LISTED, offset: Offset = 0) -> Response:
        return _data(staging.sync(number), limit, offset)

    @router.get("/syncs/{number}/logs")
    def logs(number: int, limit: Limit = MOST_LISTED, offset: Offset = 0) -> Response:
        return _page(staging.sync(number).logs, min(limit, MOST_LISTED), offset)

    return router


def _check(definition: Definition) -> None:
    """Refuses a definition that could not be run."""
    order = definition.order
    if not order.get("name"):
        raise invalid("name", order.get("name"), "Must be a non-empty string")
    fields = order.get("fields")
    if not isinstance(fields, dict) or not 1 <= len(fields) <= MOST_FIELDS:
        raise invalid("fields", None, f"Must contain 1 to {MOST_FIELDS} fields")
    definition.sql(definition.kind)


def _data(sync: Sync, limit: int, offset: int) -> Response:
    if sync.status not in ("success", "warning"):
        raise unknown()
    limit = min(limit, MOST_ROWS)
    return _envelope(sync.data[offset : offset + limit].to_dicts(), sync.data.height, limit, offset)


def _page(found: list[Body], limit: int, offset: int) -> Response:
    return _envelope(found[offset : offset + limit], len(found), limit, offset)


def _envelope(shown: list[Body], total: int, limit: int, offset: int) -> Response:
    """A page of the Bulk API; one with nothing on it has no `items`."""
    body = {
        "totalResults": total,
        "limit": limit,
        "offset": offset,
        "count": len(shown),
        "hasMore": offset + len(shown) < total,
    }
    return json_reply({**body, "items": shown} if shown else body)


def _as_text(frame: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """Every value as text, times in the zone, nothing as an empty text."""
    instants = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    flags = [name for name, kind in frame.schema.items() if kind == pl.Boolean]
    local = pl.col(instants).dt.replace_time_zone("UTC").dt.convert_time_zone(zone.key)
    return frame.with_columns(
        local.dt.strftime("%Y-%m-%d %H:%M:%S%.3f"),
        pl.when(pl.col(flags)).then(pl.lit("True")).otherwise(pl.lit("False")).name.keep(),
    ).select(pl.all().cast(pl.String).fill_null(""))


def _forget(kept: OrderedDict[Any, Any]) -> None:
    while len(kept) > KEPT:
        kept.popitem(last=False)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
