"""Aircall's public API v1: lists and single records, behind Basic authentication."""

import base64
import hmac
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.aircall import credentials
from ingestion.sandbox.vendors.aircall.records import TO_JSON
from ingestion.sandbox.vendors.aircall.refusals import error
from ingestion.sandbox.world import World

MOST = 50
CEILING = 10_000
CREATED = {"calls": "started_at", "users": "created_at", "contacts": "created_at"}
LOGIN = base64.b64encode(f"{credentials.API_ID}:{credentials.API_TOKEN}".encode()).decode("ascii")


def _check_login(request: Request) -> None:
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Basic {LOGIN}".encode()):
        raise error(401, "Unauthorized", "Check your API id and token")


def aircall_routes(world: World) -> APIRouter:
    router = APIRouter(prefix="/v1", dependencies=[Depends(_check_login)])
    store = world.store

    @router.get("/{name}")
    def listing(request: Request, name: str) -> Response:
        path = _path(name)
        page = _number(request, "page", "1")
        size = min(_number(request, "per_page", "20"), MOST)
        skip = (page - 1) * size
        alive = f"{store.current(path)} where {' and '.join(_conditions(request, name))}"
        total = store.fetch(f"select count(*) from {alive}").item()
        room = max(0, min(size, CEILING - skip))
        rows = store.fetch(
            f"select * from {alive} order by {_order(request, name)} limit {room} offset {skip}"
        ).to_dicts()
        reached = skip + len(rows)
        meta = {
            "count": len(rows),
            "total": total,
            "current_page": page,
            "per_page": size,
            "next_page_link": _link(request, page + 1) if reached < min(total, CEILING) else None,
            "previous_page_link": _link(request, page - 1) if page > 1 else None,
        }
        return json_reply({name: [TO_JSON[name](row) for row in rows], "meta": meta})

    @router.get("/{name}/{record}")
    def single(name: str, record: int) -> Response:
        rows = store.fetch(
            f"select * from {store.current(_path(name))} where id = {record} and not is_removed"
        ).to_dicts()
        if not rows:
            raise error(404, "Not Found", f"No {name.removesuffix('s')} with id {record}")
        return json_reply({name.removesuffix("s"): TO_JSON[name](rows[0])})

    return router


def _path(name: str) -> str:
    if name not in TO_JSON:
        raise error(404, "Not Found", "The requested path does not exist")
    return f"aircall.{name}"


def _conditions(request: Request, name: str) -> list[str]:
    found = ["not is_removed"]
    column = CREATED.get(name)
    for bound, sign in (("from", ">="), ("to", "<=")):
        if column and bound in request.query_params:
            moment = datetime.fromtimestamp(_number(request, bound, "0"), UTC)
            found.append(f"{column} {sign} {literal(moment)}")
    return found


def _order(request: Request, name: str) -> str:
    query = request.query_params
    direction = query.get("order", "asc")
    if direction not in ("asc", "desc"):
        raise error(400, "Bad Request", "order: asc or desc")
    column = CREATED.get(name, "id")
    if name == "contacts" and query.get("order_by") == "updated_at":
        column = "updated_at"
    return f"{column} {direction}, id {direction}"


def _number(request: Request, name: str, default: str) -> int:
    text = request.query_params.get(name, default)
    if not text.isdigit() or (name in ("page", "per_page") and text == "0"):
        raise error(400, "Bad Request", f"{name}: a whole number is needed")
    return int(text)


def _link(request: Request, page: int) -> Any:
    return str(request.url.include_query_params(page=page))
