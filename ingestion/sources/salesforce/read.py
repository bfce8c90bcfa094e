"""Reading one Salesforce object: what the org has of it, then REST pages or Bulk CSV."""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import requests

from ingestion.csv_text import read_text
from ingestion.entity import CUSTOM_FIELDS, DELETED, VERSION_AT, Page, Row, custom_json
from ingestion.http import (
    Allowance,
    DayLeft,
    HalfAnswerError,
    VendorClient,
    VendorError,
    Verdict,
    field_of,
)
from ingestion.sources.salesforce.settings import (
    API,
    BULK_FROM_ROWS,
    BULK_PAGE_ROWS,
    BULK_WAIT_SECONDS,
    VERSION_FIELDS,
    SObject,
)

logger = logging.getLogger(__name__)

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


def read_object(client: VendorClient, sobject: SObject, since: datetime | None) -> Iterator[Page]:
    """All versions changed at or after `since`, deleted ones included."""
    fields, version_field = available_fields(client, sobject)
    soql = f"SELECT {', '.join(fields)} FROM {sobject.name}"
    if since is not None:
        stamp = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        soql += f" WHERE {version_field} >= {stamp}"
    answer = client.get_json(f"{API}/queryAll", {"q": soql})
    if answer.get("totalSize", 0) > BULK_FROM_ROWS:
        yield from _bulk(client, sobject, soql, version_field)
        return
    while True:
        records = field_of(answer, "records", f"salesforce: query of {sobject.name}")
        yield [_row(sobject, record, version_field) for record in records]
        if answer.get("done", True):
            return
        answer = client.get_json(field_of(answer, "nextRecordsUrl", "salesforce: query"))


def available_fields(client: VendorClient, sobject: SObject) -> tuple[list[str], str]:
    """The fields to select and the one that says when a record changed.

    An org without multi-currency has no CurrencyIsoCode, one without our `__c` fields lacks those:
    asking for a field that is not there would fail the whole query.
    """
    described = client.get_json(f"{API}/sobjects/{sobject.name}/describe")
    present = {
        field["name"]: bool(field.get("custom"))
        for field in field_of(described, "fields", f"salesforce: describe of {sobject.name}")
    }
    wanted = list(sobject.fields.values())
    absent = [name for name in wanted if name not in present]
    if absent:
        logger.info("salesforce: %s has no %s; left null", sobject.name, ", ".join(absent))
    fields = [name for name in wanted if name in present]
    version_field = next((name for name in VERSION_FIELDS if name in present), None)
    if version_field is None:
        raise VendorError(
            f"salesforce: {sobject.name} shows none of {', '.join(VERSION_FIELDS)}; "
            "give the integration user access to them"
        )
    if version_field not in fields:
        fields.append(version_field)
    if sobject.has_custom_fields:
        fields += [name for name, custom in present.items() if custom and name not in wanted]
    return fields, version_field


def _row(sobject: SObject, record: Any, version_field: str) -> Row:
    if not isinstance(record, dict):
        return record
    row: Row = {column: record.get(field) for column, field in sobject.fields.items()}
    row[VERSION_AT] = record.get(version_field)
    row[DELETED] = record.get("IsDeleted")
    if sobject.has_custom_fields:
        known = {*sobject.fields.values(), "attributes", version_field}
        row[CUSTOM_FIELDS] = custom_json(
            {name: value for name, value in record.items() if name not in known}
        )
    return row


def _bulk(client: VendorClient, sobject: SObject, soql: str, version_field: str) -> Iterator[Page]:
    job = client.post_json(f"{API}/jobs/query", {"operation": "queryAll", "query": soql})
    path = f"{API}/jobs/query/{field_of(job, 'id', 'salesforce: bulk query')}"
    _await_job(client, path, sobject.name)
    locator: str | None = None
    while True:
        params: dict[str, Any] = {"maxRecords": BULK_PAGE_ROWS}
        if locator:
            params["locator"] = locator
        table, broken, locator = client.get(f"{path}/results", params, read=_read_csv)
        yield _bulk_table(sobject, table, version_field)
        if broken:
            yield [{"line": line} for line in broken]
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


def _bulk_table(sobject: SObject, table: pa.Table, version_field: str) -> pa.Table:
    """The CSV's columns under their names in the lake."""
    found = {
        column: table[field]
        for column, field in sobject.fields.items()
        if field in table.column_names
    }
    found[VERSION_AT] = table[version_field]
    if "IsDeleted" in table.column_names:
        found[DELETED] = table["IsDeleted"]
    known = {*sobject.fields.values(), version_field}
    extra = [name for name in table.column_names if name not in known]
    if sobject.has_custom_fields and extra:
        rows = table.select(extra).to_pylist()
        found[CUSTOM_FIELDS] = pa.array([custom_json(row) for row in rows], pa.string())
    return pa.table(found)
