"""Bulk extracts: create, enqueue, poll, file; a queue of ten and so many megabytes a day."""

import csv
import hashlib
import io
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import JsonBody
from ingestion.sandbox.store import Store, literal
from ingestion.sandbox.vendors.marketo.access import error, success
from ingestion.sandbox.vendors.marketo.leads import known_fields
from ingestion.sandbox.vendors.marketo.names import SCHEMA
from ingestion.sandbox.vendors.marketo.records import (
    ACTIVITY_COLUMNS,
    LEAD_FIELDS,
    MEMBER_FIELDS,
    STAMP,
    activity_line,
    selection,
)
from ingestion.sandbox.vendors.marketo.times import instant
from ingestion.sandbox.world import World

MOST_QUEUED = 10
DAILY_BYTES = 500 * 1024 * 1024
LONGEST_SPAN = timedelta(days=31)
BIG_JOB = 50_000
KEPT_FILES = 40
SEPARATORS = {"CSV": ",", "TSV": "\t", "SSV": ";"}
NOTHING = "null"
ACTIVITY_FIELDS = (
    "marketoGUID", "leadId", "activityDate", "activityTypeId", "campaignId",
    "primaryAttributeValueId", "primaryAttributeValue", "attributes",
)  # fmt: skip

Line = dict[str, Any]
Order = dict[str, Any]


@dataclass
class Job:
    """An export. Its file is written when it is done, with the data of that moment."""

    id: str
    order: Order
    created_at: datetime
    status: str = "Created"
    queued_at: datetime | None = None
    finished_at: datetime | None = None
    content: bytes = b""
    records: int = 0
    polls: int = 0

    def describe(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "exportId": self.id,
            "status": self.status,
            "format": self.order.get("format", "CSV"),
            "createdAt": self.created_at.strftime(STAMP),
        }
        if self.queued_at is not None:
            body["queuedAt"] = self.queued_at.strftime(STAMP)
        if self.finished_at is not None:
            body |= {
                "startedAt": self.finished_at.strftime(STAMP),
                "finishedAt": self.finished_at.strftime(STAMP),
                "numberOfRecords": self.records,
                "fileSize": len(self.content),
                "fileChecksum": f"sha256:{hashlib.sha256(self.content).hexdigest()}",
            }
        return body


@dataclass
class Jobs:
    """All exports of the account: they share the queue and the day's bytes."""

    now: Callable[[], datetime]
    by_id: OrderedDict[str, Job] = field(default_factory=OrderedDict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    used_bytes: dict[str, int] = field(default_factory=dict)

    def create(self, order: Order) -> Job:
        with self.lock:
            self._check_quota()
            job = Job(str(uuid.uuid4()), order, self.now())
            self.by_id[job.id] = job
            return job

    def find(self, export_id: str) -> Job:
        with self.lock:
            if export_id not in self.by_id:
                raise error(1003, f"Export job {export_id} not found")
            return self.by_id[export_id]

    def enqueue(self, job: Job) -> None:
        with self.lock:
            self._check_quota()
            if job.status != "Created":
                raise error(1036, f"Export job is {job.status}, not Created")
            waiting = [other for other in self.by_id.values() if other.status == "Queued"]
            if len(waiting) >= MOST_QUEUED:
                raise error(1029, f"Too many jobs ({len(waiting)}) in queue")
            job.status, job.queued_at = "Queued", self.now()

    def finish(self, job: Job, content: bytes, records: int) -> None:
        with self.lock:
            job.content, job.records = content, records
            job.status, job.finished_at = "Completed", self.now()
            day = self.now().date().isoformat()
            self.used_bytes[day] = self.used_bytes.get(day, 0) + len(content)
            done = [other for other in self.by_id.values() if other.finished_at is not None]
            for old in done[:-KEPT_FILES]:
                del self.by_id[old.id]

    def _check_quota(self) -> None:
        if self.used_bytes.get(self.now().date().isoformat(), 0) >= DAILY_BYTES:
            raise error(1029, f"Export daily quota {DAILY_BYTES // 1024**2}MB exceeded.")


@dataclass(frozen=True)
class Kind:
    """What can be exported: its path, and how an order becomes the lines of a file."""

    path: str
    prepare: Callable[[Order], None]
    lines: Callable[[Store, Order], Iterable[Line]]


def bulk_routes(world: World) -> APIRouter:
    router = APIRouter()
    jobs = Jobs(world.clock.now)
    for kind in (
        Kind("leads", _prepare_leads, _leads),
        Kind("activities", _prepare_activities, _activities),
        Kind("program/members", _prepare_members, _members),
    ):
        router.include_router(_routes(world, jobs, kind))
    return router


def _routes(world: World, jobs: Jobs, kind: Kind) -> APIRouter:
    router = APIRouter(prefix=f"/bulk/v1/{kind.path}/export")

    @router.post("/create.json")
    def create(order: JsonBody) -> Response:
        if not order.get("fields") or not isinstance(order.get("filter"), dict):
            raise error(1002, "Missing value for required parameter 'fields' or 'filter'")
        if order.get("format", "CSV") not in SEPARATORS:
            raise error(1003, f"Invalid format '{order['format']}'")
        kind.prepare(order)
        job = jobs.create(order)
        world.hints[job.id] = f"export of {kind.path}"
        return success([job.describe()])

    @router.post("/{export_id}/enqueue.json")
    def enqueue(export_id: str) -> Response:
        job = jobs.find(export_id)
        jobs.enqueue(job)
        return success([job.describe()])

    @router.post("/{export_id}/cancel.json")
    def cancel(export_id: str) -> Response:
        job = jobs.find(export_id)
        if job.status in ("Created", "Queued", "Processing"):
            job.status = "Canceled"
        return success([job.describe()])

    @router.get("/{export_id}/status.json")
    def status(export_id: str) -> Response:
        job = jobs.find(export_id)
        with jobs.lock:
            if job.status in ("Queued", "Processing"):
                job.polls += 1
                _work(world.store, jobs, kind, job)
        return success([job.describe()])

    @router.get("/{export_id}/file.json")
    def file(request: Request, export_id: str) -> Response:
        job = jobs.find(export_id)
        if job.status != "Completed":
            raise error(1003, f"Export job is {job.status}, its file is not ready")
        return Response(job.content, media_type="text/csv; charset=UTF-8")

    return router


def _work(store: Store, jobs: Jobs, kind: Kind, job: Job) -> None:
    """Big jobs are seen in progress once, small ones are done by the first poll."""
    lines = list(kind.lines(store, job.order))
    if len(lines) > BIG_JOB and job.polls == 1:
        job.status = "Processing"
        return
    fields = job.order["fields"]
    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=SEPARATORS[job.order.get("format", "CSV")], lineterminator="\n"
    )
    titles = job.order.get("columnHeaderNames") or {}
    writer.writerow([titles.get(name, name) for name in fields])
    for line in lines:
        writer.writerow([_cell(line.get(name)) for name in fields])
    jobs.finish(job, out.getvalue().encode("utf-8"), len(lines))


def _cell(value: Any) -> str:
    """A value in a file; what is not there is the word null."""
    if value is None:
        return NOTHING
    return str(value).lower() if isinstance(value, bool) else str(value)


def _span(order: Order, name: str) -> str:
    """The filter on a span of time, as a condition with the column in braces."""
    span = order["filter"].get(name) or {}
    if not span.get("startAt") or not span.get("endAt"):
        raise error(1003, f"Filter '{name}' needs startAt and endAt")
    start, end = instant(span["startAt"]), instant(span["endAt"])
    if end < start or end - start > LONGEST_SPAN:
        raise error(1003, f"Invalid date range: at most {LONGEST_SPAN.days} days")
    return f"{{}} >= {literal(start)} and {{}} <= {literal(end)}"


def _check_filters(order: Order, allowed: set[str]) -> None:
    for name in order["filter"]:
        if name not in allowed:
            raise error(1035, f"Unsupported filter type for target subscription: {name}")


def _prepare_leads(order: Order) -> None:
    """Filtering by updatedAt is extra, and this subscription has not bought it."""
    _check_filters(order, {"createdAt"})
    known_fields(LEAD_FIELDS, ",".join(order["fields"]))
    _span(order, "createdAt")


def _leads(store: Store, order: Order) -> Iterable[Line]:
    fields = known_fields(LEAD_FIELDS, ",".join(order["fields"]))
    span = _span(order, "createdAt").replace("{}", "created_at")
    return store.fetch(
        f"select {selection(fields)} from {store.current(SCHEMA + '.leads')}"
        f" where not is_deleted and {span} order by id"
    ).to_dicts()


def _prepare_activities(order: Order) -> None:
    _check_filters(order, {"createdAt", "activityTypeIds"})
    unknown = [name for name in order["fields"] if name not in ACTIVITY_FIELDS]
    if unknown:
        raise error(1006, f"Field '{unknown[0]}' not found")
    _span(order, "createdAt")


def _activities(store: Store, order: Order) -> Iterable[Line]:
    span = _span(order, "createdAt").replace("{}", "_from")
    kinds = ", ".join(str(int(kind)) for kind in order["filter"].get("activityTypeIds") or [])
    if kinds:
        span += f" and type_id in ({kinds})"
    rows = store.fetch(
        f"select {ACTIVITY_COLUMNS} from {store.current(SCHEMA + '.activities')}"
        f" where {span} order by _from, id"
    )
    return (activity_line(row) for row in rows.rows())


def _prepare_members(order: Order) -> None:
    _check_filters(order, {"programId", "programIds", "updatedAt", "statusNames"})
    known_fields(MEMBER_FIELDS, ",".join(order["fields"]))
    if not _programs(order):
        raise error(1003, "Filter needs programId or programIds")


def _programs(order: Order) -> list[int]:
    asked = order["filter"]
    return [int(number) for number in asked.get("programIds") or [asked.get("programId") or 0]]


def _members(store: Store, order: Order) -> Iterable[Line]:
    fields = known_fields(MEMBER_FIELDS, ",".join(order["fields"]))
    where = f"program_id in ({', '.join(str(number) for number in _programs(order))})"
    if order["filter"].get("updatedAt"):
        where += " and " + _span(order, "updatedAt").replace("{}", "_from")
    return store.fetch(
        f"select {selection(fields)} from {store.current(SCHEMA + '.program_members')}"
        f" where not is_deleted and {where} order by program_id, lead_id"
    ).to_dicts()
