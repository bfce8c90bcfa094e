"""Pipedrive's API v2: lists with an opaque cursor, ordered by a field and then by id."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.pipedrive import shapes
from ingestion.sandbox.vendors.pipedrive.fields import FIELDS
from ingestion.sandbox.vendors.pipedrive.pipedrive_tables import PIPELINE, SCHEMA, STAGES
from ingestion.sandbox.vendors.pipedrive.refusals import error
from ingestion.sandbox.world import World

DEFAULT_LIMIT, MOST, MOST_IDS = 100, 500, 100
KEPT_AFTER_DELETION = timedelta(days=30)
STATUSES = ("open", "won", "lost", "deleted")
PROBABILITIES = {"Qualification": 10, "Discovery": 25, "Proposal": 50, "Negotiation": 75}
SORTS = {"id": "id", "update_time": "_from", "add_time": "add_time"}
EPOCH = "2020-01-01T00:00:00Z"


@dataclass(frozen=True)
class Listing:
    """A list: where its rows are, which of them it shows, and how a row looks."""

    table: str
    shape: Callable[[Mapping[str, Any]], dict[str, Any]]
    where: str = "not is_deleted"

    @property
    def path(self) -> str:
        return f'{SCHEMA}."{self.table}"'


def v2_routes(world: World) -> APIRouter:
    router = APIRouter(prefix="/api/v2")

    @router.get("/organizations")
    def organizations(request: Request) -> Response:
        return _list(world, request, Listing("organizations", shapes.organization))

    @router.get("/persons")
    def persons(request: Request) -> Response:
        return _list(world, request, Listing("persons", shapes.person))

    @router.get("/activities")
    def activities(request: Request) -> Response:
        return _list(world, request, Listing("activities", shapes.activity))

    @router.get("/products")
    def products(request: Request) -> Response:
        return _list(world, request, Listing("products", shapes.product, "true"))

    @router.get("/deals")
    def deals(request: Request) -> Response:
        return _list(world, request, _deals(world, request, "not is_archived"))

    @router.get("/deals/archived")
    def archived_deals(request: Request) -> Response:
        return _list(world, request, _deals(world, request, "is_archived"))

    @router.get("/deals/products")
    def deal_products(request: Request) -> Response:
        ids = _numbers(request.query_params.get("deal_ids", ""), "deal_ids")
        if not ids:
            raise error(400, "deal_ids: between 1 and 100 ids are wanted")
        where = (
            f"not is_deleted and deal_id in ({ids}) and deal_id in"
            f" (select id from {world.store.current(SCHEMA + '.deals')} where not is_deleted)"
        )
        return _list(world, request, Listing("deal_products", shapes.deal_product, where))

    @router.get("/pipelines")
    def pipelines() -> Response:
        pipeline = {
            "id": PIPELINE,
            "name": "Vendas",
            "order_nr": 1,
            "is_deleted": False,
            "is_deal_probability_enabled": True,
            "add_time": EPOCH,
            "update_time": EPOCH,
        }
        return _page([pipeline])

    @router.get("/stages")
    def stages() -> Response:
        return _page(
            [
                {
                    "id": number,
                    "order_nr": number,
                    "name": name,
                    "is_deleted": False,
                    "deal_probability": PROBABILITIES[name],
                    "pipeline_id": PIPELINE,
                    "is_deal_rot_enabled": False,
                    "days_to_rotten": None,
                    "add_time": EPOCH,
                    "update_time": EPOCH,
                }
                for name, number in STAGES.items()
            ]
        )

    @router.get("/{owner}Fields")
    def fields(owner: str) -> Response:
        if owner not in FIELDS:
            raise error(404, "Not found")
        return _page([field.definition_v2() for field in FIELDS[owner]])

    return router


def _deals(world: World, request: Request, archived: str) -> Listing:
    """Deals of some statuses; deleted ones are kept for 30 days."""
    query = request.query_params
    wanted = [status for status in query.get("status", "").split(",") if status]
    unknown = [status for status in wanted if status not in STATUSES]
    if unknown:
        raise error(400, f"status: {unknown[0]} is none of {', '.join(STATUSES)}")
    shown = ", ".join(literal(status) for status in wanted or STATUSES[:3])
    oldest = literal(world.clock.now() - KEPT_AFTER_DELETION)
    include = frozenset(query.get("include_fields", "").split(","))
    return Listing(
        "deals",
        lambda row: shapes.deal(row, include),
        f"{archived} and status in ({shown}) and (not is_deleted or _from >= {oldest})",
    )


def _list(world: World, request: Request, listing: Listing) -> Response:
    query = request.query_params
    limit = _limit(query.get("limit"))
    sort, direction = query.get("sort_by", "id"), query.get("sort_direction", "asc")
    if sort not in SORTS or direction not in ("asc", "desc"):
        raise error(400, f"sort_by {sort!r} {direction!r}: one of {', '.join(SORTS)}, asc or desc")
    where = [listing.where]
    if query.get("ids"):
        where.append(f"id in ({_numbers(query['ids'], 'ids')})")
    for name, comparison in (("updated_since", ">="), ("updated_until", "<")):
        if query.get(name):
            where.append(f"_from {comparison} {literal(_instant(query[name], name))}")
    order = f"{SORTS[sort]} {direction}, id {direction}"
    if query.get("cursor"):
        where.append(_after(query["cursor"], sort, direction))
    frame = world.store.fetch(
        f"select * from {world.store.current(listing.path)}"
        f" where {' and '.join(where)} order by {order} limit {limit + 1}"
    )
    rows = frame.head(limit).to_dicts()
    following = None
    if frame.height > limit:
        value = rows[-1][SORTS[sort]]
        marker = {
            "field": sort,
            "fieldValue": value.isoformat() if isinstance(value, datetime) else value,
            "sortDirection": direction,
            "id": rows[-1]["id"],
        }
        following = base64.urlsafe_b64encode(json.dumps(marker).encode()).decode().rstrip("=")
    return _page([listing.shape(row) for row in rows], following)


def _page(data: list[dict[str, Any]], following: str | None = None) -> Response:
    return json_reply(
        {"success": True, "data": data, "additional_data": {"next_cursor": following}}
    )


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not text.isdigit() or not 1 <= int(text) <= MOST:
        raise error(400, f"limit {text}: between 1 and {MOST} is allowed")
    return int(text)


def _numbers(text: str, name: str) -> str:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MOST_IDS or not all(part.isdigit() for part in parts):
        raise error(400, f"{name}: up to {MOST_IDS} ids, separated by commas")
    return ", ".join(parts)


def _instant(text: str, name: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as invalid:
        raise error(400, f"{name}: {text!r} is not an RFC 3339 instant") from invalid


def _after(cursor: str, sort: str, direction: str) -> str:
    try:
        marker = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        value = marker["fieldValue"]
        fits = (marker["field"], marker["sortDirection"]) == (sort, direction)
        number = int(marker["id"])
    except (binascii.Error, ValueError, KeyError, TypeError) as invalid:
        raise error(400, "Invalid cursor") from invalid
    if not fits:
        raise error(400, "Invalid cursor: it belongs to another order")
    shown = literal(datetime.fromisoformat(value)) if sort != "id" else str(int(value))
    comparison = ">" if direction == "asc" else "<"
    return f"({SORTS[sort]}, id) {comparison} ({shown}, {number})"
