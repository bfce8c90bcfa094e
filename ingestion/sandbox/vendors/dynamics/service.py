"""The Dataverse Web API: queries with paging, change tracking with delta links, metadata."""

import base64
import json
import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

import polars as pl
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import VendorError, json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.dynamics import filters
from ingestion.sandbox.vendors.dynamics.access import CallMeter, check_token
from ingestion.sandbox.vendors.dynamics.columns import GONE, Column, Table
from ingestion.sandbox.vendors.dynamics.metadata import attribute, definition
from ingestion.sandbox.vendors.dynamics.refusals import not_found, refused
from ingestion.sandbox.vendors.dynamics.rendering import (
    FORMATTED,
    LOOKUP_TYPE,
    records,
    selected,
)
from ingestion.sandbox.vendors.dynamics.tables import BY_NAME, BY_SET, TABLES
from ingestion.sandbox.world import World

LARGEST_PAGE = 5_000
OPEN_QUERIES = 400
KEPT_ROWS = 1_000_000
TOKEN_DAYS = 7
RECORD = re.compile(r"(?P<set>\w+)\((?P<key>[0-9a-fA-F-]{36})\)")


@dataclass(frozen=True)
class Result:
    """A whole answer, kept under its paging cookie while its pages are fetched."""

    table: Table
    columns: tuple[Column, ...]
    rows: pl.DataFrame
    select: str
    delta_token: str
    is_delta: bool
    count: int | None


@dataclass(frozen=True)
class Preferences:
    """What the `Prefer` header asks for."""

    page_rows: int
    annotations: tuple[str, ...]
    tracks: bool

    @classmethod
    def of(cls, request: Request) -> "Preferences":
        header = request.headers.get("prefer", "")
        rows = re.search(r"odata\.maxpagesize=(\d+)", header)
        asked = re.search(r'odata\.include-annotations="?([^";]*)"?', header)
        names = tuple(name.strip() for name in asked.group(1).split(",")) if asked else ()
        return cls(
            page_rows=min(int(rows.group(1)), LARGEST_PAGE) if rows else LARGEST_PAGE,
            annotations=(FORMATTED, LOOKUP_TYPE) if "*" in names else names,
            tracks="odata.track-changes" in header,
        )


class Results:
    """Open queries; the one unused for longest is forgotten, as a vendor's cursors are."""

    def __init__(self) -> None:
        self._results: OrderedDict[str, Result] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, result: Result) -> str:
        cookie = secrets.token_hex(12)
        with self._lock:
            self._results[cookie] = result
            while len(self._results) > 1 and (
                len(self._results) > OPEN_QUERIES
                or sum(kept.rows.height for kept in self._results.values()) > KEPT_ROWS
            ):
                self._results.popitem(last=False)
        return cookie

    def find(self, cookie: str) -> Result:
        with self._lock:
            result = self._results.get(cookie)
            if result is not None:
                self._results.move_to_end(cookie)
        if result is None:
            raise refused("0x80044356", "The paging cookie is not valid any more.")
        return result


def service_routes(world: World, meter: CallMeter) -> APIRouter:
    """Routes below /api/data."""
    router = APIRouter(
        prefix="/api/data/{version}", dependencies=[Depends(check_token(world, meter))]
    )
    results = Results()

    @router.get("/WhoAmI")
    def who_am_i(request: Request) -> Response:
        context = f"{_root(request)}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse"
        ids = {name: secrets.token_hex(16) for name in ("UserId", "OrganizationId")}
        return json_reply({"@odata.context": context, **ids}, headers=meter.headers)

    @router.get("/organizations")
    def organizations(request: Request) -> Response:
        body = {
            "@odata.context": f"{_root(request)}/$metadata#organizations",
            "value": [
                {
                    "organizationid": "0e1fb8a7-0000-4000-8000-0e1fb8a70e1f",
                    "name": "Meridia Cloud",
                    "expirechangetrackingindays": TOKEN_DAYS,
                }
            ],
        }
        return json_reply(body, headers=meter.headers)

    @router.get("/EntityDefinitions")
    def definitions(request: Request) -> Response:
        found = [definition(table) for table in _defined(request)]
        chosen = _names(request.query_params.get("$select", ""))
        if chosen:
            found = [{name: each.get(name) for name in chosen} for each in found]
        for each, table in zip(found, _defined(request), strict=True):
            each.update(_expanded(request, table))
        context = f"{_root(request)}/$metadata#EntityDefinitions"
        return json_reply({"@odata.context": context, "value": found}, headers=meter.headers)

    @router.get("/{resource}")
    def query(request: Request, resource: str) -> Response:
        match = RECORD.fullmatch(resource)
        table = BY_SET.get(match["set"] if match else resource)
        if table is None:
            raise VendorError(404, not_found(404))
        if match:
            return _one(request, table, match["key"].lower())
        cookie = request.query_params.get("$skiptoken")
        if cookie is not None:
            number, _, name = _read_cookie(cookie).partition(" ")
            return page(request, name, results.find(name), int(number))
        result = answer(request, table)
        has_more = result.rows.height > Preferences.of(request).page_rows
        return page(request, results.keep(result) if has_more else "", result, 1)

    def _one(request: Request, table: Table, key: str) -> Response:
        columns = _selected(request, table)
        rows = world.store.fetch(
            f"select * from {world.store.current(table.versions.path)} "
            f"where not {GONE} and _key = {literal(key)}"
        )
        if rows.is_empty():
            message = f"{table.name} With Id = {key} Does Not Exist"
            raise refused("0x80040217", message, 404)
        body = {
            "@odata.context": f"{_root(request)}/$metadata#{table.entity_set}/$entity",
            **records(columns, rows, Preferences.of(request).annotations)[0],
        }
        return json_reply(body, headers=meter.headers)

    def answer(request: Request, table: Table) -> Result:
        """The rows of a query, of a first tracked query, or of a delta link."""
        asked = request.query_params
        columns = _selected(request, table)
        token = asked.get("$deltatoken")
        tracks = Preferences.of(request).tracks or token is not None
        if tracks:
            _check_tracked(table, set(asked) - {"$select", "$deltatoken"})
        source = world.store.current(table.versions.path)
        now = world.clock.now()
        if token is not None:
            since, late = _read_token(token, now)
            changed = (
                f"select _key from {world.store.versions(table.versions.path)} "
                f"where _from > {literal(since)}"
            )
            known = ", ".join(literal(key) for key in late) or "''"
            where = f"_key in ({changed}) or _key in ({known})"
        else:
            where = f"not {GONE}"
        if "$filter" in asked:
            where += f" and {filters.to_sql(asked['$filter'], table.column)}"
        order = _order(asked.get("$orderby", ""), table)
        limit = f" limit {int(asked['$top'])}" if asked.get("$top", "").isdigit() else ""
        rows = world.store.fetch(f"select * from {source} where {where} order by {order}{limit}")
        return Result(
            table=table,
            columns=columns,
            rows=rows,
            select=asked.get("$select", ""),
            delta_token=_token(now, world.store.held_keys(table.versions.path)) if tracks else "",
            is_delta=token is not None,
            count=rows.height if asked.get("$count") == "true" else None,
        )

    def page(request: Request, cookie: str, result: Result, number: int) -> Response:
        prefer = Preferences.of(request)
        start = (number - 1) * prefer.page_rows
        rows = result.rows.slice(start, prefer.page_rows)
        root, table = _root(request), result.table
        address = f"{root}/{table.entity_set}"
        context = f"{root}/$metadata#{table.entity_set}"
        context += f"({result.select})" if result.select else ""
        body: dict[str, Any] = {
            "@odata.context": context + ("/$delta" if result.delta_token else ""),
        }
        if result.count is not None:
            body["@odata.count"] = result.count
        shown = _split(result, rows, prefer, f"{root}/$metadata#{table.entity_set}/$deletedEntity")
        select = f"$select={result.select}&" if result.select else ""
        if start + rows.height < result.rows.height:
            world.hints[cookie] = table.entity_set
            body["@odata.nextLink"] = f"{address}?{select}$skiptoken={_cookie(number + 1, cookie)}"
        elif result.delta_token:
            body["@odata.deltaLink"] = f"{address}?{select}$deltatoken={quote(result.delta_token)}"
        body["value"] = shown
        headers = {**meter.headers}
        if "prefer" in request.headers:
            headers["Preference-Applied"] = request.headers["prefer"]
        return json_reply(body, headers=headers)

    return router


def _split(
    result: Result, rows: pl.DataFrame, prefer: Preferences, context: str
) -> list[dict[str, Any]]:
    """Records, then what was deleted by id alone; only a delta has such."""
    if not result.is_delta:
        return records(result.columns, rows, prefer.annotations)
    deleted = rows.filter(pl.col(GONE))["_key"].to_list()
    return [
        *records(result.columns, rows.filter(~pl.col(GONE)), prefer.annotations),
        *({"@odata.context": context, "id": key, "reason": "deleted"} for key in deleted),
    ]


def _check_tracked(table: Table, others: set[str]) -> None:
    if not table.is_tracked:
        raise refused("0x80060888", f"Change tracking is not enabled for '{table.name}'.")
    if others:
        raise refused(
            "0x80060888", f"{sorted(others)[0]} is not supported together with change tracking."
        )


def _token(now: datetime, held: list[str]) -> str:
    """`<version stamp>!<time>`, and the changes that were under way and not yet to be seen."""
    stamp = int(now.timestamp() * 1_000_000)
    late = base64.urlsafe_b64encode(json.dumps(held).encode()).decode() if held else ""
    return f"{stamp}!{now.astimezone(UTC):%m/%d/%Y %H:%M:%S}" + (f"!{late}" if late else "")


def _read_token(token: str, now: datetime) -> tuple[datetime, list[str]]:
    stamp, _, rest = unquote(token).partition("!")
    if not stamp.isdigit():
        raise refused("0x80044353", "Version stamp associated with the client is invalid.")
    since = datetime.fromtimestamp(int(stamp) / 1_000_000, UTC)
    if now - since > timedelta(days=TOKEN_DAYS):
        raise refused(
            "0x80044352",
            "Version stamp associated with the client has expired. Please perform a full sync.",
        )
    late = rest.partition("!")[2]
    return since, json.loads(base64.urlsafe_b64decode(late)) if late else []


def _cookie(number: int, cookie: str) -> str:
    paging = quote(f'<cookie page="{number - 1}" id="{cookie}" />')
    whole = f'<cookie pagenumber="{number}" pagingcookie="{paging}" istracking="False" />'
    return quote(whole, safe="")


def _read_cookie(text: str) -> str:
    found = re.search(r'pagenumber="(\d+)" pagingcookie="([^"]*)"', text)
    inner = re.search(r'id="(\w+)"', unquote(found[2])) if found else None
    if found is None or inner is None:
        raise refused("0x0", "The query parameter $skiptoken is malformed.")
    return f"{found[1]} {inner[1]}"


def _selected(request: Request, table: Table) -> tuple[Column, ...]:
    names = _names(request.query_params.get("$select", ""))
    for name in names:
        if table.column(name) is None:
            raise refused(
                "0x80060888",
                f"Could not find a property named '{name}' on type "
                f"'Microsoft.Dynamics.CRM.{table.name}'.",
            )
    return selected(table, names)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _order(text: str, table: Table) -> str:
    parts = []
    for each in _names(text):
        name, _, way = each.partition(" ")
        if table.column(name) is None or way not in ("", "asc", "desc"):
            raise refused("0x0", f"The query parameter $orderby is malformed: {each}")
        parts.append(f'"{name}" {way}')
    return ", ".join([*parts, "_key"])


def _defined(request: Request) -> list[Table]:
    wanted = re.findall(r"LogicalName eq '(\w+)'", request.query_params.get("$filter", ""))
    return [BY_NAME[name] for name in wanted if name in BY_NAME] if wanted else list(TABLES)


def _expanded(request: Request, table: Table) -> dict[str, Any]:
    expand = request.query_params.get("$expand", "")
    if not expand.startswith("Attributes"):
        return {}
    found = re.search(r"\$select=([\w,]+)", expand)
    chosen = _names(found[1]) if found else []
    attributes = [attribute(table, column) for column in table.columns]
    if chosen:
        attributes = [{name: each.get(name) for name in chosen} for each in attributes]
    return {"Attributes": attributes}


def _root(request: Request) -> str:
    version = request.path_params["version"]
    return f"{str(request.base_url).rstrip('/')}/dynamics/api/data/{version}"
