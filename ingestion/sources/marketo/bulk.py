"""Bulk extracts: a job for each span of time, some ahead of the one whose file is read."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pyarrow as pa
import requests

from ingestion.csv_text import read_text
from ingestion.entity import Page
from ingestion.http import HalfAnswerError, VendorClient, VendorError, field_of
from ingestion.sources.marketo.log import STAMP
from ingestion.sources.marketo.settings import (
    BULK_AHEAD,
    BULK_NULLS,
    BULK_POLL_SECONDS,
    BULK_QUEUE_SECONDS,
    BULK_SPAN,
    BULK_WAIT_SECONDS,
)

Filter = dict[str, Any]


def spans(start: datetime, end: datetime) -> Iterator[dict[str, str]]:
    """The time from `start` to `end` in parts no longer than an export may cover."""
    while start < end:
        stop = min(start + BULK_SPAN, end)
        yield {"startAt": _stamp(start), "endAt": _stamp(stop)}
        start = stop


def extract(
    client: VendorClient, kind: str, fields: Iterable[str], filters: Iterable[Filter]
) -> Iterator[tuple[pa.Table, Page]]:
    """For each filter the file's rows, and lines of it that are no rows.

    Waits for its turn when the queue is full. Raises SourceDownError when the day's megabytes are
    used up.
    """
    path = f"/bulk/v1/{kind}/export"
    patient = replace(client.patience, attempts=100, total_seconds=BULK_QUEUE_SECONDS)
    queue = replace(client, patience=patient)
    names = list(fields)
    waiting: deque[str] = deque()
    for order in filters:
        body = {"format": "CSV", "fields": names, "filter": order}
        export_id = _job(queue.post_json(f"{path}/create.json", body))["exportId"]
        queue.post_json(f"{path}/{export_id}/enqueue.json", {})
        waiting.append(str(export_id))
        if len(waiting) >= BULK_AHEAD:
            yield from _finished(client, path, waiting.popleft())
    while waiting:
        yield from _finished(client, path, waiting.popleft())


def renamed(table: pa.Table, columns: Mapping[str, str]) -> dict[str, pa.ChunkedArray]:
    """A file's columns under their names in the lake."""
    return {
        column: table[field] for field, column in columns.items() if field in table.column_names
    }


def _finished(client: VendorClient, path: str, export_id: str) -> Iterator[tuple[pa.Table, Page]]:
    job = _await(client, path, export_id)
    promised = int(job.get("numberOfRecords") or 0)
    if not promised:
        return
    table, broken = client.get(f"{path}/{export_id}/file.json", read=partial(_read_file, promised))
    yield table, [{"line": line} for line in broken]


def _await(client: VendorClient, path: str, export_id: str) -> dict[str, Any]:
    started = client.patience.now()
    pause = 0.25
    while True:
        job = _job(client.get_json(f"{path}/{export_id}/status.json"))
        status = job.get("status")
        if status == "Completed":
            return job
        if status in ("Failed", "Canceled"):
            raise VendorError(
                f"marketo: an export of {path.split('/')[3]} ended as {status}: "
                f"{job.get('errorMsg') or 'no reason given'}; the next run exports it again"
            )
        if client.patience.now() - started > BULK_WAIT_SECONDS:
            raise VendorError(
                f"marketo: an export of {path.split('/')[3]} is still {status} after "
                f"{BULK_WAIT_SECONDS:g} s; other services may fill the subscription's queue"
            )
        client.patience.sleep(pause)
        pause = min(pause * 2, BULK_POLL_SECONDS)


def _read_file(promised: int, response: requests.Response) -> tuple[pa.Table, list[str]]:
    table, broken = read_text(response.content, nulls=BULK_NULLS)
    if table.num_rows + len(broken) < promised:
        raise HalfAnswerError(f"{table.num_rows} of {promised} rows")
    return table, broken


def _job(answer: Any) -> dict[str, Any]:
    [job] = field_of(answer, "result", "marketo: export")
    return dict(job)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime(STAMP)
