"""What Pipedrive has in its API v1 only: leads, users, teams, goals, currencies, changes."""

import calendar
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.pipedrive import shapes
from ingestion.sandbox.vendors.pipedrive.fields import FIELDS
from ingestion.sandbox.vendors.pipedrive.pipedrive_tables import SCHEMA
from ingestion.sandbox.vendors.pipedrive.refusals import error
from ingestion.sandbox.world import World

DEFAULT_LIMIT, MOST = 100, 500
RECENT = timedelta(days=30)
RECENT_ITEMS = {
    "organization": "organizations",
    "person": "persons",
    "deal": "deals",
    "activity": "activities",
}
# The fields a deal's changelog follows, by the name v1 has for them, and where their values are.
FOLLOWED = {
    "title": "title", "value": "value", "currency": "currency", "stage_id": "stage_id",
    "status": "status", "probability": "cast(probability as integer)",
    "expected_close_date": "strftime(expected_close_date, '%Y-%m-%d')",
    "close_time": "strftime(closed_on, '%Y-%m-%d 16:00:00')", "user_id": "owner_id",
    "lost_reason": "lost_reason",
}  # fmt: skip
CUSTOM_FOLLOWED = ("Forecast category", "Competitor", "Next step")


def v1_routes(world: World) -> APIRouter:
    router = APIRouter(prefix="/api/v1")
    store = world.store

    def table(name: str) -> str:
        return store.current(f"{SCHEMA}.{name}")

    @router.get("/leads")
    def leads(request: Request) -> Response:
        since = request.query_params.get("updated_since")
        where = f" and _from >= {literal(_instant(since, 'updated_since'))}" if since else ""
        return listed_leads(request, f"not is_archived{where}")

    @router.get("/leads/archived")
    def archived_leads(request: Request) -> Response:
        return listed_leads(request, "is_archived")

    def listed_leads(request: Request, where: str) -> Response:
        start, limit = _range(request)
        frame = store.fetch(
            f"select * from {table('leads')} where not is_deleted and {where}"
            f" order by add_time, id limit {limit + 1} offset {start}"
        )
        found = [shapes.lead_v1(row) for row in frame.head(limit).iter_rows(named=True)]
        return _page(found, start, limit, has_more=frame.height > limit)

    @router.get("/users")
    def users() -> Response:
        rows = store.fetch(f"select * from {table('users')} order by id").to_dicts()
        return json_reply({"success": True, "data": [shapes.user_v1(row) for row in rows]})

    @router.get("/legacyTeams")
    def teams() -> Response:
        rows = store.fetch(f"select * from {table('users')} order by id").to_dicts()
        return json_reply({"success": True, "data": _teams(rows)})

    @router.get("/currencies")
    def currencies() -> Response:
        rows = store.fetch(f"select id, code from {table('currencies')} order by id").to_dicts()
        found = [
            {
                "id": row["id"],
                "code": row["code"],
                "name": row["code"],
                "decimal_points": 0 if row["code"] == "JPY" else 2,
                "symbol": row["code"],
                "active_flag": True,
                "is_custom_flag": False,
            }
            for row in rows
        ]
        return json_reply({"success": True, "data": found})

    @router.get("/goals/find")
    def goals(request: Request) -> Response:
        """Everyone's goals are shown when their type is asked for, one's own otherwise."""
        query = request.query_params
        if query.get("type.name") not in (None, "deals_won"):
            return _goals([])
        ids = dict(store.fetch(f"select code, id from {table('currencies')}").rows())
        wanted = query.get("is_active", "true") == "true"
        today = world.clock.now().date()
        found = []
        if query.get("type.name"):
            for row in store.fetch(f"select * from {table('goals')} order by id").to_dicts():
                month = row["month"]
                last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
                if (last >= today) == wanted:
                    found.append(
                        shapes.goal_v1(
                            row, ids.get(row["currency"]), ends_on=last, is_active=wanted
                        )
                    )
        return _goals(found)

    @router.get("/recents")
    def recents(request: Request) -> Response:
        start, limit = _range(request)
        since = _instant(request.query_params.get("since_timestamp", ""), "since_timestamp")
        since = max(since, world.clock.now().replace(tzinfo=None) - RECENT)
        wanted = [item for item in request.query_params.get("items", "").split(",") if item]
        unknown = [item for item in wanted if item not in RECENT_ITEMS]
        if unknown:
            raise error(400, f"items: {unknown[0]} is none of {', '.join(RECENT_ITEMS)}")
        parts = " union all ".join(
            f"select '{item}' as item, id, is_deleted, add_time, _from from"
            f" {table(RECENT_ITEMS[item])} where _from >= {literal(since)}"
            for item in wanted or RECENT_ITEMS
        )
        frame = store.fetch(
            f"select * from ({parts}) order by _from, item, id limit {limit + 1} offset {start}"
        )
        found = [_recent(*row) for row in frame.head(limit).iter_rows()]
        return _page(found, start, limit, has_more=frame.height > limit)

    @router.get("/deals/{deal_id}/changelog")
    def changelog(deal_id: int, request: Request) -> Response:
        return json_reply(_changelog(world, deal_id, request))

    return router


def _changelog(world: World, deal_id: int, request: Request) -> dict[str, Any]:
    """Changes of a deal's fields since its creation, the newest first."""
    custom = [field for field in FIELDS["deal"] if field.name in CUSTOM_FOLLOWED]
    columns = {**FOLLOWED, **{field.code: field.column for field in custom}}
    values = ", ".join(f'{value} as "{key}"' for key, value in columns.items())
    versions = world.store.fetch(
        f"select _from, owner_id as _owner, {values}"
        f" from {world.store.versions(SCHEMA + '.deals')} where id = {deal_id} order by _from"
    ).to_dicts()
    if not versions:
        raise error(404, "Deal not found")
    options = {field.code: field.option_ids for field in custom if field.options}

    def text(key: str, value: Any) -> str | None:
        value = options[key].get(value) if key in options else value
        return None if value is None else str(value)

    changes = [
        {
            "field_key": key,
            "old_value": text(key, before[key]),
            "new_value": text(key, after[key]),
            "actor_user_id": after["_owner"],
            "time": shapes.instant_v1(after["_from"]),
            "change_source": "app",
            "change_source_user_agent": None,
            "is_bulk_update_flag": False,
        }
        for before, after in pairwise(versions)
        for key in columns
        if before[key] != after[key]
    ][::-1]
    _, limit = _range(request)
    cursor = request.query_params.get("cursor", "0")
    if not cursor.isdigit():
        raise error(400, "Invalid cursor")
    reached = int(cursor) + limit
    following = str(reached) if reached < len(changes) else None
    return {
        "success": True,
        "data": changes[int(cursor) : reached],
        "additional_data": {"next_cursor": following},
    }


def _recent(item: str, number: int, deleted: bool, added: datetime, at: datetime) -> dict[str, Any]:
    state = {"deleted": deleted} if item == "deal" else {"active_flag": not deleted}
    times = {"add_time": shapes.instant_v1(added), "update_time": shapes.instant_v1(at)}
    return {"item": item, "id": number, "data": {"id": number, **state, **times}}


def _teams(users: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Teams with their region as description; leaders without a team make one of their own."""
    teams: dict[str, dict[str, Any]] = {}
    for user in users:
        name = user["team_name"] or f"{user['region_name']} leadership"
        team = teams.setdefault(
            name,
            {
                "id": len(teams) + 1,
                "name": name,
                "description": user["region_name"],
                "manager_id": None,
                "users": [],
                "active_flag": 1,
                "deleted_flag": 0,
                "add_time": shapes.instant_v1(user["created"]),
                "created_by_user_id": users[0]["id"],
            },
        )
        team["users"].append(user["id"])
        if user["role"] != "Rep" and user["is_active"]:
            team["manager_id"] = user["id"]
    return list(teams.values())


def _goals(found: list[dict[str, Any]]) -> Response:
    return json_reply(
        {
            "success": True,
            "statusCode": 20000,
            "statusText": "OK",
            "service": "statistics-goals-api",
            "data": {"goals": found},
        }
    )


def _page(data: list[dict[str, Any]], start: int, limit: int, *, has_more: bool) -> Response:
    """A page by position; where there is nothing, v1 says null."""
    pagination: dict[str, Any] = {
        "start": start,
        "limit": limit,
        "more_items_in_collection": has_more,
    }
    if has_more:
        pagination["next_start"] = start + limit
    return json_reply(
        {"success": True, "data": data or None, "additional_data": {"pagination": pagination}}
    )


def _range(request: Request) -> tuple[int, int]:
    start = request.query_params.get("start", "0")
    limit = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (start.isdigit() and limit.isdigit() and 1 <= int(limit) <= MOST):
        raise error(400, f"start {start}, limit {limit}: limit is between 1 and {MOST}")
    return int(start), int(limit)


def _instant(text: str, name: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError as invalid:
        raise error(400, f"{name}: {text!r} is not an instant") from invalid
