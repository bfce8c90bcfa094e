"""The activity log by paging token, its types, and deleted leads.

A page is cut from a stretch of the log: what of the stretch is of other types is left out, so a
page may be short or empty although more follows.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.marketo.access import error, success
from ingestion.sandbox.vendors.marketo.activity_types import (
    ACTIVITY_TYPES,
    DELETE_LEAD,
    ActivityType,
    api_name,
)
from ingestion.sandbox.vendors.marketo.names import SCHEMA
from ingestion.sandbox.vendors.marketo.records import ACTIVITY_COLUMNS, activity
from ingestion.sandbox.vendors.marketo.times import instant, place_of, token_of
from ingestion.sandbox.world import World

MOST_ROWS = 300
MOST_TYPES = 10
STRETCH = 3_000
DELETED_KEPT = timedelta(days=14)

BatchSize = Annotated[int, Query(alias="batchSize")]
Token = Annotated[str, Query(alias="nextPageToken")]


def activity_routes(world: World) -> APIRouter:
    router = APIRouter()
    store = world.store

    @router.get("/rest/v1/activities/types.json")
    def types() -> Response:
        return success([_type(kind) for kind in ACTIVITY_TYPES.values()])

    @router.get("/rest/v1/activities/pagingtoken.json")
    def paging_token(since: Annotated[str, Query(alias="sinceDatetime")] = "") -> Response:
        if not since:
            raise error(1002, "Missing value for required parameter 'sinceDatetime'")
        return success(None, nextPageToken=token_of(instant(since), 0))

    @router.get("/rest/v1/activities.json")
    def activities(
        kinds: Annotated[str, Query(alias="activityTypeIds")] = "",
        token: Token = "",
        batch_size: BatchSize = MOST_ROWS,
        lead_ids: Annotated[str, Query(alias="leadIds")] = "",
    ) -> Response:
        numbers = [text.strip() for text in kinds.split(",") if text.strip()]
        if not numbers or not all(text.isdigit() for text in numbers):
            raise error(1003, "Invalid value for parameter 'activityTypeIds'")
        if len(numbers) > MOST_TYPES:
            raise error(1003, f"Too many activityTypeIds, at most {MOST_TYPES}")
        where = f"type_id in ({', '.join(numbers)})"
        leads = [text for text in lead_ids.split(",") if text.strip().isdigit()]
        if leads:
            where += f" and lead_id in ({', '.join(leads)})"
        return page(where, token, batch_size)

    @router.get("/rest/v1/activities/deletedleads.json")
    def deleted_leads(token: Token = "", batch_size: BatchSize = MOST_ROWS) -> Response:
        kept = literal(world.clock.now() - DELETED_KEPT)
        return page(f"type_id = {DELETE_LEAD} and _from >= {kept}", token, batch_size)

    def page(where: str, token: str, batch_size: int) -> Response:
        if not token:
            raise error(1002, "Missing value for required parameter 'nextPageToken'")
        at, after = place_of(token)
        size = min(max(batch_size, 1), MOST_ROWS)
        rows = store.fetch(
            f"with stretch as (select * from {store.current(SCHEMA + '.activities')}"
            f" where (_from, id) > ({literal(at)}, {after}) order by _from, id limit {STRETCH})"
            f" select {ACTIVITY_COLUMNS}, _from, ({where}) as is_asked"
            " from stretch order by _from, id"
        ).rows()
        asked = [row for row in rows if row[-1]]
        has_more = len(asked) > size or len(rows) == STRETCH
        shown = asked[:size]
        last = shown[-1] if len(asked) > size else rows[-1] if rows else None
        following = token_of(last[-2], last[0]) if last else token
        return success(
            [activity(row[:12]) for row in shown] if shown else None,
            nextPageToken=following,
            moreResult=has_more,
        )

    return router


def _type(kind: ActivityType) -> dict[str, object]:
    return {
        "id": kind.id,
        "name": kind.name,
        "description": kind.name,
        "primaryAttribute": {"name": kind.primary, "dataType": kind.primary_kind},
        "attributes": [
            {"name": name, "apiName": api_name(name), "dataType": "string"}
            for name in kind.attributes
        ],
    }
