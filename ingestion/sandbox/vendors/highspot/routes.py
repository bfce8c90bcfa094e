"""Highspot's API v1.0: people, spots, items by offset, and reports as CSV."""

import base64
import hmac
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from polars import selectors

from ingestion.sandbox.replies import json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.highspot import credentials
from ingestion.sandbox.vendors.highspot.highspot_tables import SCHEMA
from ingestion.sandbox.vendors.highspot.refusals import error
from ingestion.sandbox.world import World

MOST = 100
LOGIN = base64.b64encode(f"{credentials.API_KEY}:{credentials.API_SECRET}".encode())
REPORTS = {credentials.PITCHES_REPORT: "pitches", credentials.VIEWS_REPORT: "views"}
HIDDEN = ("_key", "_from", "_to", "position", "spot_id", "is_removed")
STAMP = "%Y-%m-%dT%H:%M:%S.%3fZ"


def highspot_routes(world: World) -> APIRouter:
    def check(request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, b"Basic " + LOGIN):
            raise error(401, "Could not authenticate user.")

    router = APIRouter(prefix="/v1.0", dependencies=[Depends(check)])
    store = world.store

    def records(name: str, condition: str = "true") -> list[dict[str, Any]]:
        found = store.fetch(
            f"select * from {store.current(f'{SCHEMA}.{name}')} where {condition}"
            " order by position, _key"
        )
        return (
            found.drop(HIDDEN, strict=False)
            .with_columns(selectors.datetime().dt.strftime(STAMP))
            .to_dicts()
        )

    @router.get("/me")
    def me() -> Response:
        return json_reply({"id": "api-client", "name": "API client"})

    @router.get("/users")
    def users(request: Request, list: str = "verified") -> Response:
        wanted = {"verified": "verified", "unverified": "not verified", "all": "true"}
        if list not in wanted:
            raise error(400, "list must be all, verified or unverified.")
        return _page(request, records("users", wanted[list]))

    @router.get("/spots")
    def spots(request: Request) -> Response:
        return _page(request, records("spots"))

    @router.get("/items")
    def items(request: Request, spot: str = "") -> Response:
        if spot not in {record["id"] for record in records("spots")}:
            raise error(404, "Spot not found.")
        return _page(request, records("items", f"spot_id = {literal(spot)} and not is_removed"))

    @router.get("/items/{item_id}")
    def item(item_id: str) -> Response:
        found = records("items", f"id = {literal(item_id)} and not is_removed")
        if not found:
            raise error(404, "Item not found.")
        return json_reply(found[0])

    @router.get("/items/{item_id}/content")
    def content(request: Request, item_id: str) -> Response:
        if item_id not in REPORTS:
            raise error(404, "Item not found.")
        if request.query_params.get("format") != "text/csv":
            raise error(400, "A report is given as text/csv.")
        found = store.fetch(
            f"select * from {store.current(f'{SCHEMA}.{REPORTS[item_id]}')} order by position, _key"
        ).drop(HIDDEN, strict=False)
        rows = found.with_columns(selectors.datetime().dt.strftime("%Y-%m-%d %H:%M:%S"))
        return Response(rows.write_csv().encode(), media_type="text/csv")

    return router


def _page(request: Request, found: list[dict[str, Any]]) -> Response:
    start, limit = (_number(request, name) for name in ("start", "limit"))
    collection = found[start : start + min(limit, MOST)]
    return json_reply({"collection": collection, "counts_total": len(found), "start": start})


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, {"start": "0", "limit": "20"}[name])
    if not text.isdigit():
        raise error(400, f"{name} must be a whole number.")
    return int(text)
