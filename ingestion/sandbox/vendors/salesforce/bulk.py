"""Salesforce Bulk API 2.0, query jobs: create, poll, results as CSV pages, abort, delete."""

import base64
import binascii
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from ingestion.sandbox.replies import JsonBody, VendorError, json_reply
from ingestion.sandbox.vendors.salesforce import ids, soql
from ingestion.sandbox.vendors.salesforce.access import CallMeter, check_session
from ingestion.sandbox.world import World

DEFAULT_PAGE = 50_000
BIG_JOB = 50_000
KEPT_JOBS = 100
KEPT_ROWS = 1_000_000
NOT_IN_BULK = frozenset({"CaseStatus", "OrderStatus", "PartnerRole", "TaskStatus"})
API_USER = ids.record_id("005", 1)
DELIMITERS = {
    "COMMA": ",",
    "TAB": "\t",
    "SEMICOLON": ";",
    "PIPE": "|",
    "CARET": "^",
    "BACKQUOTE": "`",
}


@dataclass
class Job:
    """A query job; its rows are as of its creation, whenever they are fetched."""

    id: str
    operation: str
    sobject: str
    version: str
    delimiter: str
    line_ending: str
    rows: pl.DataFrame
    created_at: datetime
    state: str = "UploadComplete"
    polls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def poll(self) -> None:
        """Big jobs are seen in progress once, small ones are done by the first poll."""
        with self.lock:
            self.polls += 1
            if self.state in ("UploadComplete", "InProgress"):
                waits = self.rows.height > BIG_JOB and self.polls == 1
                self.state = "InProgress" if waits else "JobComplete"

    def describe(self) -> dict[str, Any]:
        stamp = self.created_at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        body: dict[str, Any] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.sobject,
            "createdById": API_USER,
            "createdDate": stamp,
            "systemModstamp": stamp,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version.removeprefix("v")),
            "jobType": "V2Query",
            "lineEnding": self.line_ending,
            "columnDelimiter": self.delimiter,
        }
        if self.state == "JobComplete":
            body |= {
                "numberRecordsProcessed": self.rows.height,
                "retries": 0,
                "totalProcessingTime": 1,
                "isPkChunkingSupported": True,
            }
        return body


class Jobs:
    """Jobs by id; the oldest are dropped, as the vendor drops results after days."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()
        self._made = 0

    def next_id(self) -> str:
        with self._lock:
            self._made += 1
            return ids.record_id("750", self._made)

    def add(self, job: Job) -> None:
        with self._lock:
            self._jobs[job.id] = job
            while len(self._jobs) > 1 and (
                len(self._jobs) > KEPT_JOBS
                or sum(kept.rows.height for kept in self._jobs.values()) > KEPT_ROWS
            ):
                self._jobs.popitem(last=False)

    def find(self, job_id: str) -> Job:
        with self._lock:
            job = self._jobs.get(ids.case_safe(job_id))
        if job is None:
            raise VendorError(
                404,
                [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}],
            )
        return job

    def remove(self, job: Job) -> None:
        with self._lock:
            self._jobs.pop(job.id, None)

    def all(self) -> list[Job]:
        with self._lock:
            return list(self._jobs.values())


def bulk_routes(world: World, meter: CallMeter) -> APIRouter:
    """Routes below /services/data/vXX.0/jobs/query."""
    router = APIRouter(dependencies=[Depends(check_session(world, meter))])
    jobs = Jobs()

    @router.post("/services/data/{version}/jobs/query")
    @router.post("/services/data/{version}/jobs/query/")
    def create(version: str, order: JsonBody) -> Response:
        operation = str(order.get("operation", "query"))
        if operation not in ("query", "queryAll"):
            raise soql.error("INVALIDJOB", f"Unsupported operation: {operation}")
        delimiter = str(order.get("columnDelimiter", "COMMA"))
        if delimiter not in DELIMITERS:
            raise soql.error("INVALIDJOB", f"Unsupported columnDelimiter: {delimiter}")
        now = world.clock.now()
        query = soql.parse(str(order.get("query", "")), now)
        name = query.sobject.name
        if name in NOT_IN_BULK:
            raise soql.error("INVALIDENTITY", f"Entity '{name}' is not supported by the Bulk API.")
        if query.is_count or query.offset:
            raise soql.error("INVALIDJOB", "COUNT() and OFFSET are not supported in bulk queries")
        rows = world.store.fetch(
            soql.to_sql(
                query,
                world.store.current(query.sobject.table.path),
                deleted=operation == "queryAll",
                formats=soql.CSV_FORMATS,
            )
        ).drop("_key")
        job = Job(
            id=jobs.next_id(),
            operation=operation,
            sobject=name,
            version=version,
            delimiter=delimiter,
            line_ending=str(order.get("lineEnding", "LF")),
            rows=rows,
            created_at=now,
        )
        jobs.add(job)
        world.hints[job.id] = f"FROM {job.sobject}"
        return json_reply(job.describe(), headers=meter.header)

    @router.get("/services/data/{version}/jobs/query")
    def listing() -> Response:
        body = {
            "done": True,
            "records": [job.describe() for job in jobs.all()],
            "nextRecordsUrl": None,
        }
        return json_reply(body, headers=meter.header)

    @router.get("/services/data/{version}/jobs/query/{job_id}")
    def poll(job_id: str) -> Response:
        job = jobs.find(job_id)
        job.poll()
        return json_reply(job.describe(), headers=meter.header)

    @router.patch("/services/data/{version}/jobs/query/{job_id}")
    def abort(job_id: str, change: JsonBody) -> Response:
        job = jobs.find(job_id)
        if change.get("state") != "Aborted":
            raise soql.error("INVALIDJOB", "state can only be changed to Aborted")
        if job.state == "JobComplete":
            raise soql.error("INVALIDJOBSTATE", "Aborting an already completed job isn't allowed")
        job.state = "Aborted"
        return json_reply(job.describe(), headers=meter.header)

    @router.delete("/services/data/{version}/jobs/query/{job_id}")
    def delete(job_id: str) -> Response:
        job = jobs.find(job_id)
        if job.state in ("UploadComplete", "InProgress"):
            raise soql.error("INVALIDJOBSTATE", "Only finished or aborted jobs can be deleted")
        jobs.remove(job)
        return Response(status_code=204, headers=meter.header)

    @router.get("/services/data/{version}/jobs/query/{job_id}/results")
    @router.get("/services/data/{version}/jobs/query/{job_id}/results/")
    def results(
        job_id: str,
        locator: str = "",
        max_records: Annotated[int, Query(alias="maxRecords")] = DEFAULT_PAGE,
    ) -> Response:
        job = jobs.find(job_id)
        if job.state != "JobComplete":
            raise soql.error("INVALIDJOBSTATE", f"Job is in state {job.state}, not JobComplete")
        start = _start(locator)
        rows = job.rows.slice(start, max(max_records, 1))
        reached = start + rows.height
        following = _locator(reached) if reached < job.rows.height else "null"
        return Response(
            rows.write_csv(
                separator=DELIMITERS[job.delimiter],
                line_terminator="\r\n" if job.line_ending == "CRLF" else "\n",
                quote_style="always",
            ).encode("utf-8"),
            media_type="text/csv",
            headers={
                **meter.header,
                "Sforce-Locator": following,
                "Sforce-NumberOfRecords": str(rows.height),
            },
        )

    return router


def _locator(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode("ascii")).decode("ascii").rstrip("=")


def _start(locator: str) -> int:
    if locator in ("", "null"):
        return 0
    try:
        return int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)))
    except (binascii.Error, ValueError) as invalid:
        raise soql.error("INVALID_QUERY_LOCATOR", "invalid query locator") from invalid
