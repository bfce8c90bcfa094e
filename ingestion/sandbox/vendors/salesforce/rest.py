"""Salesforce REST: query, queryAll, describe, composite, deleted and updated records, limits."""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import polars as pl
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import JsonBody, VendorError, json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.salesforce import soql
from ingestion.sandbox.vendors.salesforce.access import DAILY_CALLS, CallMeter, check_session
from ingestion.sandbox.vendors.salesforce.describe import describe, summary
from ingestion.sandbox.vendors.salesforce.objects import OBJECTS, find
from ingestion.sandbox.vendors.salesforce.sobject import SObject
from ingestion.sandbox.world import World

PAGE_SIZE = 2_000
LEAST_PAGE_SIZE = 200
OPEN_QUERIES = 20
MOST_SUBREQUESTS, MOST_SUBQUERIES = 25, 5
API_VERSIONS = {"Spring '24": "60.0", "Winter '26": "65.0"}
KEPT_ROWS = 1_000_000


@dataclass(frozen=True)
class Result:
    """The whole answer of a query, kept under its locator while its pages are fetched."""

    sobject: SObject
    rows: pl.DataFrame
    page_size: int


class Results:
    """Open queries; the oldest is forgotten, as a vendor's cursors are."""

    def __init__(self) -> None:
        self._results: OrderedDict[str, Result] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, result: Result) -> str:
        locator = "01gHs" + secrets.token_hex(5) + "AAA"
        with self._lock:
            self._results[locator] = result
            while len(self._results) > 1 and (
                len(self._results) > OPEN_QUERIES
                or sum(kept.rows.height for kept in self._results.values()) > KEPT_ROWS
            ):
                self._results.popitem(last=False)
        return locator

    def find(self, locator: str) -> Result:
        with self._lock:
            result = self._results.get(locator)
        if result is None:
            raise soql.error("INVALID_QUERY_LOCATOR", "invalid query locator")
        return result


def rest_routes(world: World, meter: CallMeter) -> APIRouter:
    """Routes below /services/data."""
    router = APIRouter(dependencies=[Depends(check_session(world, meter))])
    results = Results()

    def page(version: str, locator: str, result: Result, start: int, verb: str) -> dict[str, Any]:
        rows = result.rows.slice(start, result.page_size)
        body: dict[str, Any] = {"totalSize": result.rows.height}
        done = start + rows.height >= result.rows.height
        body["done"] = done
        if not done:
            body["nextRecordsUrl"] = (
                f"/services/data/{version}/{verb}/{locator}-{start + rows.height}"
            )
        body["records"] = _records(result.sobject, version, rows)
        return body

    def answer(version: str, text: str, page_size: int, *, deleted: bool) -> dict[str, Any]:
        verb = "queryAll" if deleted else "query"
        query = soql.parse(text, world.clock.now())
        source = world.store.current(query.sobject.table.path)
        rows = world.store.fetch(
            soql.to_sql(query, source, deleted=deleted, formats=soql.JSON_FORMATS)
        )
        if query.is_count:
            return {"totalSize": rows.item(), "done": True, "records": []}
        result = Result(query.sobject, rows, page_size)
        locator = ""
        if rows.height > result.page_size:
            locator = results.keep(result)
            world.hints[locator] = f"FROM {query.sobject.name}"
        return page(version, locator, result, 0, verb)

    @router.get("/services/data/{version}/query")
    @router.get("/services/data/{version}/query/")
    def query(request: Request, version: str, q: str = "") -> Response:
        body = answer(version, q, _page_size(request), deleted=False)
        return json_reply(body, headers=meter.header)

    @router.get("/services/data/{version}/queryAll")
    @router.get("/services/data/{version}/queryAll/")
    def query_all(request: Request, version: str, q: str = "") -> Response:
        body = answer(version, q, _page_size(request), deleted=True)
        return json_reply(body, headers=meter.header)

    @router.get("/services/data/{version}/query/{locator}")
    def next_records(version: str, locator: str) -> Response:
        name, start = _position(locator)
        body = page(version, name, results.find(name), start, "query")
        return json_reply(body, headers=meter.header)

    @router.get("/services/data/{version}/queryAll/{locator}")
    def next_records_all(version: str, locator: str) -> Response:
        name, start = _position(locator)
        body = page(version, name, results.find(name), start, "queryAll")
        return json_reply(body, headers=meter.header)

    def subrequest(order: dict[str, Any]) -> Any:
        address = urlsplit(str(order.get("url", "")))
        parts = address.path.strip("/").split("/")
        match parts[2:] if order.get("method") == "GET" and len(parts) > 3 else []:
            case [version, "sobjects", name, "describe"]:
                return describe(_known(name), version)
            case [version, "query" | "queryAll" as verb]:
                text = parse_qs(address.query).get("q", [""])[0]
                return answer(version, text, PAGE_SIZE, deleted=verb == "queryAll")
        raise VendorError(
            404,
            [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}],
        )

    @router.post("/services/data/{version}/composite")
    @router.post("/services/data/{version}/composite/")
    def composite(order: JsonBody) -> Response:
        """Several GET requests in one call; each has its own status."""
        orders = order.get("compositeRequest", [])
        queries = [each for each in orders if "/query" in str(each.get("url", ""))]
        if len(orders) > MOST_SUBREQUESTS or len(queries) > MOST_SUBQUERIES:
            raise soql.error("PROCESSING_HALTED", "The composite request has too many subrequests")
        replies = []
        for each in orders:
            status, headers = 200, {}
            try:
                body = subrequest(each)
            except VendorError as refused:
                status, body, headers = refused.status, refused.body, refused.headers
            replies.append(
                {
                    "body": body,
                    "httpHeaders": headers,
                    "httpStatusCode": status,
                    "referenceId": each.get("referenceId"),
                }
            )
        return json_reply({"compositeResponse": replies}, headers=meter.header)

    @router.get("/services/data")
    @router.get("/services/data/")
    def versions() -> Response:
        return json_reply(
            [
                {"label": label, "url": f"/services/data/v{number}", "version": number}
                for label, number in API_VERSIONS.items()
            ]
        )

    @router.get("/services/data/{version}/sobjects")
    @router.get("/services/data/{version}/sobjects/")
    def sobjects(version: str) -> Response:
        body = {
            "encoding": "UTF-8",
            "maxBatchSize": 200,
            "sobjects": [summary(item, version) for item in OBJECTS.values()],
        }
        return json_reply(body, headers=meter.header)

    @router.get("/services/data/{version}/sobjects/{name}/describe")
    def describe_object(version: str, name: str) -> Response:
        return json_reply(describe(_known(name), version), headers=meter.header)

    @router.get("/services/data/{version}/sobjects/{name}/deleted")
    @router.get("/services/data/{version}/sobjects/{name}/deleted/")
    def deleted(name: str, start: str, end: str) -> Response:
        sobject, since, until = _known(name), _instant(start), _instant(end)
        rows = world.store.fetch(
            'select "Id" as id, '
            "strftime(_from, '%Y-%m-%dT%H:%M:%S.000+0000') as \"deletedDate\" "
            f"from {world.store.current(sobject.table.path)} where _deleted "
            f"and _from >= {literal(since)} and _from < {literal(until)} order by _from"
        )
        body = {
            "deletedRecords": rows.to_dicts(),
            "earliestDateAvailable": _stamp(world.clock.beginning.start),
            "latestDateCovered": _stamp(min(until, world.clock.now())),
        }
        return json_reply(body, headers=meter.header)

    @router.get("/services/data/{version}/sobjects/{name}/updated")
    @router.get("/services/data/{version}/sobjects/{name}/updated/")
    def updated(name: str, start: str, end: str) -> Response:
        sobject, since, until = _known(name), _instant(start), _instant(end)
        rows = world.store.fetch(
            f'select "Id" as id from {world.store.current(sobject.table.path)} '
            f"where not _deleted and _from >= {literal(since)} and _from < {literal(until)} "
            "order by _from"
        )
        body = {
            "ids": rows["id"].to_list(),
            "latestDateCovered": _stamp(min(until, world.clock.now())),
        }
        return json_reply(body, headers=meter.header)

    @router.get("/services/data/{version}/sobjects/{name}/{record_id}")
    def record(request: Request, version: str, name: str, record_id: str) -> Response:
        sobject = _known(name)
        wanted = request.query_params.get("fields") or ", ".join(f.name for f in sobject.fields)
        text = f"SELECT {wanted} FROM {sobject.name} WHERE Id = '{record_id}'"
        parsed = soql.parse(text, world.clock.now())
        rows = world.store.fetch(
            soql.to_sql(
                parsed,
                world.store.current(sobject.table.path),
                deleted=False,
                formats=soql.JSON_FORMATS,
            )
        )
        if rows.is_empty():
            raise VendorError(
                404,
                [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}],
            )
        return json_reply(_records(sobject, version, rows)[0], headers=meter.header)

    @router.get("/services/data/{version}/limits")
    @router.get("/services/data/{version}/limits/")
    def limits() -> Response:
        body = {
            "DailyApiRequests": {"Max": DAILY_CALLS, "Remaining": DAILY_CALLS - meter.used},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
        }
        return json_reply(body, headers=meter.header)

    return router


def _records(sobject: SObject, version: str, rows: pl.DataFrame) -> list[dict[str, Any]]:
    base = f"/services/data/{version}/sobjects/{sobject.name}/"
    keys = rows["_key"].to_list()
    records = rows.drop("_key").to_dicts()
    for field in sobject.fields:
        if field.kind == "anyType" and field.name in rows.columns:
            for record in records:
                value = record[field.name]
                record[field.name] = None if value is None else orjson.Fragment(value)
    return [
        {"attributes": {"type": sobject.name, "url": base + key}, **record}
        for key, record in zip(keys, records, strict=True)
    ]


def _page_size(request: Request) -> int:
    """Batch size asked for in `Sforce-Query-Options`, within Salesforce's bounds."""
    options = request.headers.get("sforce-query-options", "")
    name, _, value = options.partition("=")
    if name.strip().lower() != "batchsize" or not value.strip().isdigit():
        return PAGE_SIZE
    return min(max(int(value), LEAST_PAGE_SIZE), PAGE_SIZE)


def _position(locator: str) -> tuple[str, int]:
    name, _, start = locator.rpartition("-")
    if not start.isdigit():
        raise soql.error("INVALID_QUERY_LOCATOR", "invalid query locator")
    return name, int(start)


def _known(name: str) -> SObject:
    sobject = find(name)
    if sobject is None:
        raise VendorError(
            404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
        )
    return sobject


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.replace(" ", "+")).astimezone(UTC)
    except ValueError as invalid:
        raise soql.error("INVALID_REPLICATION_DATE", f"invalid date: {text}") from invalid


def _stamp(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
