"""Reading one Salesforce object: by REST pages, or as CSV of the Bulk API."""

import logging
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import pyarrow as pa
import requests

from ingestion.csv_text import read_text
from ingestion.entity import (
    CUSTOM_FIELDS,
    DELETED,
    INSTANT,
    VERSION_AT,
    Page,
    Row,
    custom_json,
)
from ingestion.http import (
    Allowance,
    DayLeft,
    HalfAnswerError,
    RefusedError,
    VendorClient,
    VendorError,
    Verdict,
    field_of,
)
from ingestion.sources.salesforce.describe import (
    Fields,
    Selection,
    describe_one,
    select,
    typed,
)
from ingestion.sources.salesforce.settings import (
    API,
    BULK_FROM_ROWS,
    BULK_PAGE_ROWS,
    BULK_WAIT_SECONDS,
    LONGEST_QUERY,
    SObject,
)

logger = logging.getLogger(__name__)

BAD_REQUEST = 400
TRANSIENT_CODES = {"SERVER_UNAVAILABLE", "UNABLE_TO_LOCK_ROW", "REQUEST_LIMIT_EXCEEDED"}
# An object that the user may not read is as one that is not there.
HIDDEN_CODES = {"NOT_FOUND", "INVALID_TYPE", "INSUFFICIENT_ACCESS"}
HIDDEN = "the user may not read the object, or this edition does not have it"
USAGE = re.compile(r"api-usage=(\d+)/(\d+)")


def judge(response: requests.Response) -> Verdict:
    """Salesforce says in the body what a 401, 403 or 400 means."""
    try:
        errors = response.json()
    except requests.exceptions.JSONDecodeError:
        return Verdict()
    codes = {
        str(error.get("errorCode"))
        for error in (errors if isinstance(errors, list) else [errors])
        if isinstance(error, dict)
    }
    is_hidden = bool(codes & HIDDEN_CODES)
    return Verdict(
        transient=bool(codes & TRANSIENT_CODES),
        expired_token="INVALID_SESSION_ID" in codes,
        lacks_permission=is_hidden,
        day_is_over="REQUEST_LIMIT_EXCEEDED" in codes and "TotalRequests" in response.text,
        meaning=HIDDEN if is_hidden else None,
    )


def allowance(response: requests.Response) -> Allowance | None:
    """How many calls of the last 24 hours the org has made, all tools together."""
    told = USAGE.search(response.headers.get("Sforce-Limit-Info", ""))
    if told is None:
        return None
    used, limit = int(told[1]), int(told[2])
    return Allowance(day=DayLeft(max(0, limit - used), limit))


def read_object(
    client: VendorClient,
    sobject: SObject,
    fields: Fields | RefusedError,
    seen_at: datetime,
    since: datetime | None,
) -> Iterator[Page]:
    """All versions changed at or after `since`, deleted ones included.

    They are of `seen_at` where the object does not tell when they changed.
    """
    if isinstance(fields, RefusedError):
        raise fields
    selection = select(sobject, fields)
    soql = _soql(sobject, selection, since)
    answer: Any = None
    if len(quote_plus(soql)) <= LONGEST_QUERY:
        try:
            answer = _query(client, soql)
        except RefusedError as refused:
            if "INVALID_FIELD" not in refused.said:
                raise
            # A field went since the object was described.
            selection = select(sobject, describe_one(client, sobject))
            soql = _soql(sobject, selection, since)
            answer = _query(client, soql)
    if answer is None or answer.get("totalSize", 0) > BULK_FROM_ROWS:
        job = _start_job(client, sobject, soql, is_needed=answer is None)
        if job is not None:
            for table, broken in _bulk(client, sobject, job):
                yield _bulk_table(sobject, table, selection, seen_at)
                if broken:
                    yield [{"line": line} for line in broken]
            return
    while True:
        records = field_of(answer, "records", f"salesforce: query of {sobject.name}")
        yield [_row(sobject, record, selection, seen_at) for record in records]
        if answer.get("done", True):
            return
        answer = client.get_json(field_of(answer, "nextRecordsUrl", "salesforce: query"))


def _soql(sobject: SObject, selection: Selection, since: datetime | None) -> str:
    soql = f"SELECT {', '.join(selection.fields)} FROM {sobject.name}"
    if since is None:
        return soql
    stamp = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{soql} WHERE {selection.version_field} >= {stamp}"


def _query(client: VendorClient, soql: str) -> Any:
    return client.get_json(f"{API}/queryAll", {"q": soql})


def _row(sobject: SObject, record: Any, selection: Selection, seen_at: datetime) -> Row:
    if not isinstance(record, dict):
        return record
    row: Row = {column: record.get(field) for column, field in sobject.fields.items()}
    version_field = selection.version_field
    row[VERSION_AT] = record.get(version_field) if version_field else seen_at
    row[DELETED] = record.get("IsDeleted")
    if sobject.has_custom_fields:
        row[CUSTOM_FIELDS] = _own(record, selection)
    return row


def _own(record: Mapping[str, Any], selection: Selection) -> str | None:
    """The org's own fields of a record as JSON."""
    return custom_json(
        {name: typed(kind, record.get(name)) for name, kind in selection.custom.items()}
    )


def _start_job(client: VendorClient, sobject: SObject, soql: str, *, is_needed: bool) -> str | None:
    """The path of a query job; None for an object that the Bulk API does not serve."""
    try:
        job = client.post_json(f"{API}/jobs/query", {"operation": "queryAll", "query": soql})
    except RefusedError as refused:
        if is_needed or refused.status != BAD_REQUEST:
            raise
        logger.info("salesforce: no bulk query of %s: %s", sobject.name, refused.said)
        return None
    return f"{API}/jobs/query/{field_of(job, 'id', 'salesforce: bulk query')}"


def _bulk(
    client: VendorClient, sobject: SObject, path: str
) -> Iterator[tuple[pa.Table, list[str]]]:
    """A job's results page by page: rows as strings, and lines that are no rows."""
    _await_job(client, path, sobject.name)
    locator: str | None = None
    while True:
        params: dict[str, Any] = {"maxRecords": BULK_PAGE_ROWS}
        if locator:
            params["locator"] = locator
        table, broken, locator = client.get(f"{path}/results", params, read=_read_csv)
        yield table, broken
        if not locator or locator == "null":
            return


def _await_job(client: VendorClient, path: str, name: str) -> None:
    started = client.patience.now()
    pause = 0.1
    while True:
        job = client.get_json(path)
        state = job.get("state")
        if state == "JobComplete":
            return
        if state in ("Failed", "Aborted"):
            raise VendorError(
                f"salesforce: the bulk query of {name} ended as {state}: "
                f"{job.get('errorMessage', 'no reason given')}"
            )
        if client.patience.now() - started > BULK_WAIT_SECONDS:
            raise VendorError(
                f"salesforce: the bulk query of {name} is still {state} after "
                f"{BULK_WAIT_SECONDS:g} s; see Setup, Bulk Data Load Jobs"
            )
        client.patience.sleep(pause)
        pause = min(pause * 1.5, 5.0)


def _read_csv(response: requests.Response) -> tuple[pa.Table, list[str], str | None]:
    """Rows as strings, lines that are no rows, and the locator of what follows."""
    table, broken = read_text(response.content)
    promised = response.headers.get("Sforce-NumberOfRecords")
    if promised is not None and int(promised) > table.num_rows + len(broken):
        raise HalfAnswerError(f"{table.num_rows} of {promised} rows")
    return table, broken, response.headers.get("Sforce-Locator")


def _bulk_table(
    sobject: SObject, table: pa.Table, selection: Selection, seen_at: datetime
) -> pa.Table:
    """The CSV's columns under their names in the lake."""
    found = {
        column: table[field]
        for column, field in sobject.fields.items()
        if field in table.column_names
    }
    if selection.version_field is None:
        found[VERSION_AT] = pa.array([seen_at] * table.num_rows, INSTANT)
    else:
        found[VERSION_AT] = table[selection.version_field]
    if "IsDeleted" in table.column_names:
        found[DELETED] = table["IsDeleted"]
    own = [name for name in selection.custom if name in table.column_names]
    if own:
        rows = table.select(own).to_pylist()
        found[CUSTOM_FIELDS] = pa.array([_own(row, selection) for row in rows], pa.string())
    return pa.table(found)
