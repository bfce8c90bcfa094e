"""Leads and program members by their keys, and the descriptions of their fields."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.marketo.access import error, success
from ingestion.sandbox.vendors.marketo.names import SCHEMA
from ingestion.sandbox.vendors.marketo.records import LEAD_FIELDS, MEMBER_FIELDS, Field, selection
from ingestion.sandbox.vendors.marketo.times import instant
from ingestion.sandbox.world import World

MOST_VALUES = 300
DEFAULT_FIELDS = "id,firstName,lastName,email,updatedAt,createdAt"
MEMBER_DEFAULTS = "leadId,reachedSuccess,programId,acquiredBy,membershipDate"
SEARCHABLE = {"id": "id", "email": "lower(email)"}


def lead_routes(world: World) -> APIRouter:
    router = APIRouter()
    store = world.store

    @router.get("/rest/v1/leads/describe2.json")
    def describe() -> Response:
        return success(
            [
                {
                    "name": "API Lead",
                    "searchableFields": [[name] for name in SEARCHABLE],
                    "fields": [field.describe() for field in LEAD_FIELDS.values()],
                }
            ]
        )

    @router.get("/rest/v1/leads/describe.json")
    def describe_all() -> Response:
        return success(
            [
                {
                    "id": number,
                    "displayName": field.title,
                    "dataType": field.kind,
                    "rest": {"name": field.name, "readOnly": field.kind == "datetime"},
                }
                for number, field in enumerate(LEAD_FIELDS.values(), 1)
            ]
        )

    @router.get("/rest/v1/lead/{lead_id}.json")
    def by_id(lead_id: int, fields: str = DEFAULT_FIELDS) -> Response:
        found = find({"filterType": "id", "filterValues": str(lead_id), "fields": fields})
        if not found:
            raise error(1004, f"Lead '{lead_id}' not found")
        return success(found)

    @router.get("/rest/v1/leads.json")
    def by_filter(request: Request) -> Response:
        return success(find(request.query_params))

    @router.post("/rest/v1/leads.json")
    async def by_form(request: Request) -> Response:
        """Long lists of values come as a form that asks to be taken for a GET."""
        form = await request.form()
        sent = {key: ",".join(str(value) for value in form.getlist(key)) for key in form}
        asked = {**request.query_params, **sent}
        if asked.get("_method") != "GET":
            raise error(603, "Access denied")
        return success(await run_in_threadpool(find, asked))

    def find(asked: Mapping[str, str]) -> list[dict[str, Any]]:
        kind = asked.get("filterType", "")
        if kind not in SEARCHABLE:
            raise error(1003, f"Invalid filterType '{kind}'")
        fields = known_fields(LEAD_FIELDS, asked.get("fields") or DEFAULT_FIELDS)
        wanted = values(asked, lower=kind == "email", numbers=kind == "id")
        return store.fetch(
            f"select {selection(fields)} from {store.current(SCHEMA + '.leads')}"
            f" where not is_deleted and {SEARCHABLE[kind]} in ({wanted}) order by id"
        ).to_dicts()

    @router.get("/rest/v1/programs/members/describe.json")
    def describe_members() -> Response:
        return success(
            [
                {
                    "name": "API Program Membership",
                    "description": "Map for API program membership fields",
                    "createdAt": "2023-01-01T00:00:00Z",
                    "updatedAt": "2023-01-01T00:00:00Z",
                    "dedupeFields": ["leadId", "programId"],
                    "searchableFields": [["leadId"], ["statusName"]],
                    "fields": [field.describe() for field in MEMBER_FIELDS.values()],
                }
            ]
        )

    @router.get("/rest/v1/programs/{program_id}/members.json")
    def members(request: Request, program_id: int) -> Response:
        asked = request.query_params
        fields = known_fields(
            MEMBER_FIELDS, ",".join(filter(None, (MEMBER_DEFAULTS, asked.get("fields"))))
        )
        kind = asked.get("filterType", "")
        if kind == "leadId":
            where = f"lead_id in ({values(asked, numbers=True)})"
        elif kind == "updatedAt":
            where = (
                f"_from >= {literal(instant(asked.get('startAt', '')))}"
                f" and _from <= {literal(instant(asked.get('endAt', '')))}"
            )
        else:
            raise error(1003, f"Invalid filterType '{kind}'")
        rows = store.fetch(
            f"select {selection(fields)} from {store.current(SCHEMA + '.program_members')}"
            f" where not is_deleted and program_id = {program_id} and {where}"
            f" order by lead_id limit {MOST_VALUES}"
        ).to_dicts()
        return success([{"seq": seq, **row} for seq, row in enumerate(rows)])

    return router


def known_fields(known: Mapping[str, Field], names: str) -> list[Field]:
    """The asked fields, each once; an unknown one is an error."""
    asked = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    for name in asked:
        if name not in known:
            raise error(1006, f"Field '{name}' not found")
    return [known[name] for name in asked]


def values(asked: Mapping[str, str], *, lower: bool = False, numbers: bool = False) -> str:
    """The filter's values as a list in SQL."""
    texts = [text.strip() for text in asked.get("filterValues", "").split(",") if text.strip()]
    if not texts:
        raise error(1002, "Missing value for required parameter 'filterValues'")
    if len(texts) > MOST_VALUES:
        raise error(1003, f"Too many filterValues: {len(texts)}, at most {MOST_VALUES}")
    if numbers:
        return ", ".join(text for text in texts if text.isdigit()) or "null"
    return ", ".join(literal(text.lower() if lower else text) for text in texts)
