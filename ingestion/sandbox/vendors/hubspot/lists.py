"""HubSpot lists (segments) and who is on them."""

from typing import Any

import polars as pl
from fastapi import APIRouter, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import JsonBody, json_reply
from ingestion.sandbox.vendors.hubspot.hubspot_tables import SCHEMA
from ingestion.sandbox.vendors.hubspot.marketing_tables import CONTACTS_TYPE, LISTS, ContactList
from ingestion.sandbox.vendors.hubspot.records import INSTANT, error
from ingestion.sandbox.world import World

LIST_MADE_AT = "2020-01-06T09:00:00.000Z"
MADE_BY = "40000001"
MOST_LISTS = 500
MOST_MEMBERS = 250
SIZES = {"hs_list_size", "hs_last_record_added_at", "hs_list_reference_count"}


def lists_routes(world: World) -> APIRouter:
    """The search of lists, and the members of one in the order of their ids."""
    router = APIRouter()
    store = world.store
    path = f"{SCHEMA}.list_memberships"

    @router.post("/crm/v3/lists/search")
    def search(order: JsonBody) -> Response:
        count, offset = int(order.get("count") or 20), int(order.get("offset") or 0)
        if not 1 <= count <= MOST_LISTS:
            raise error(400, f"count {count}: between 1 and {MOST_LISTS} is allowed")
        words = str(order.get("query") or "").lower()
        kinds = order.get("processingTypes") or [each.processing_type for each in LISTS]
        found = [
            each for each in LISTS if words in each.name.lower() and each.processing_type in kinds
        ]
        sizes = store.fetch(
            "select list_id, count(*) as size, epoch_ms(max(joined_at)) as last_joined_at"
            f" from {store.current(path)} where not _deleted group by 1"
        )
        shown = found[offset : offset + count]
        reached = offset + len(shown)
        asked = SIZES & set(order.get("additionalProperties") or [])
        body = {
            "offset": reached,
            "hasMore": reached < len(found),
            "lists": [_list(each, sizes, asked) for each in shown],
            "total": len(found),
        }
        return json_reply(body)

    @router.get("/crm/v3/lists/{list_id}/memberships")
    def memberships(request: Request, list_id: str, limit: int = 100, after: str = "0") -> Response:
        if list_id not in {each.list_id for each in LISTS}:
            raise error(404, f"List does not exist with ID {list_id}.", category="OBJECT_NOT_FOUND")
        if not 1 <= limit <= MOST_MEMBERS or not after.isdigit():
            raise error(400, f"limit {limit}, after {after}: at most {MOST_MEMBERS}, a number")
        rows = store.fetch(
            f"select cast(record_id as varchar), strftime(joined_at, '{INSTANT}Z')"
            f" from {store.current(path)}"
            f" where list_id = '{list_id}' and not _deleted and record_id > {after}"
            f" order by record_id limit {limit + 1}"
        ).rows()
        shown = rows[:limit]
        body: dict[str, Any] = {
            "results": [
                {"recordId": record_id, "membershipTimestamp": at} for record_id, at in shown
            ],
        }
        if len(rows) > limit:
            last = shown[-1][0]
            link = str(request.url.include_query_params(after=last))
            body["paging"] = {"next": {"after": last, "link": link}}
        return json_reply(body)

    return router


def _list(each: ContactList, sizes: pl.DataFrame, asked: set[str]) -> dict[str, Any]:
    known = sizes.filter(pl.col("list_id") == each.list_id).rows()
    _, size, last_joined_at = known[0] if known else (each.list_id, 0, None)
    told = {"hs_list_size": str(size), "hs_list_reference_count": "0"}
    if last_joined_at is not None:
        told["hs_last_record_added_at"] = str(last_joined_at)
    return {
        "listId": each.list_id,
        "listVersion": 1,
        "createdAt": LIST_MADE_AT,
        "updatedAt": LIST_MADE_AT,
        "filtersUpdatedAt": LIST_MADE_AT,
        "processingStatus": "COMPLETE",
        "createdById": MADE_BY,
        "updatedById": MADE_BY,
        "processingType": each.processing_type,
        "objectTypeId": CONTACTS_TYPE,
        "name": each.name,
        "additionalProperties": {name: value for name, value in told.items() if name in asked},
    }
