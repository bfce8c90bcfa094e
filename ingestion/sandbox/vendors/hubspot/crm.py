"""HubSpot CRM v3: lists, single reads, batch reads, property definitions; v4 associations."""

from datetime import timedelta
from typing import Any

import polars as pl
from fastapi import APIRouter, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import JsonBody, json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.hubspot import records
from ingestion.sandbox.vendors.hubspot.objects import ObjectType, Property, singular
from ingestion.sandbox.vendors.hubspot.records import error, known_type, path_of
from ingestion.sandbox.world import World

MOST = 100
MOST_WITH_HISTORY = 50
MOST_ASSOCIATIONS = 1_000
MOST_LINKS = 500
KEPT_IN_BIN = timedelta(days=90)


def crm_routes(world: World) -> APIRouter:
    router = APIRouter()

    def alive(archived: str | None) -> str:
        """Merged-away records are in no list, not even in that of the archived ones."""
        if archived != "true":
            return "not _archived and not _merged"
        since = literal(world.store.now() - KEPT_IN_BIN)
        return f"_archived and not _merged and _from > {since}"

    @router.get("/crm/v3/objects/{name}")
    def listing(request: Request, name: str) -> Response:
        kind = known_type(name)
        query = request.query_params
        history = _history(kind, _names(query.getlist("propertiesWithHistory")))
        limit = _limit(query.get("limit", "10"), MOST_WITH_HISTORY if history else MOST)
        properties = records.asked_properties(kind, _names(query.getlist("properties")))
        after = query.get("after", "")
        if after and not after.isdigit():
            raise error(400, f"Invalid paging cursor: {after}", category="VALIDATION_ERROR")
        frame = world.store.fetch(
            f"select {records.columns(kind, properties)} from ("
            f"select * from {world.store.current(path_of(kind))}"
            f" where {alive(query.get('archived'))}"
            + (f" and hs_object_id >= {after}" if after else "")
            + f" order by hs_object_id limit {limit + 1}) order by hs_object_id"
        )
        shown = frame.head(limit)
        page = records.to_records(kind, shown, properties)
        links = _names(query.getlist("associations"))
        records.add_associations(world.store, kind, page, shown, links)
        if history:
            records.add_history(world.store, kind, page, history)
        body: dict[str, Any] = {"results": page}
        if frame.height > limit:
            following = str(frame["id"][limit])
            body["paging"] = {"next": {"after": following, "link": _link(request, following)}}
        return json_reply(body)

    @router.get("/crm/v3/objects/{name}/{record_id}")
    def read(request: Request, name: str, record_id: str) -> Response:
        kind = known_type(name)
        query = request.query_params
        properties = records.asked_properties(kind, _names(query.getlist("properties")))
        frame = by_ids(kind, [record_id], properties, query.get("archived"))
        found = records.to_records(kind, frame, properties)
        if not found:
            raise error(404, "resource not found", category="OBJECT_NOT_FOUND")
        links = _names(query.getlist("associations"))
        records.add_associations(world.store, kind, found, frame, links)
        history = _history(kind, _names(query.getlist("propertiesWithHistory")))
        if history:
            records.add_history(world.store, kind, found, history)
        return json_reply(found[0])

    def by_ids(
        kind: ObjectType, ids: list[str], properties: list[Property], archived: str | None
    ) -> pl.DataFrame:
        return world.store.fetch(
            f"select {records.columns(kind, properties)}"
            f" from {world.store.current(path_of(kind))}"
            f" where hs_object_id in ({records.numbers(ids) or 'null'}) and {alive(archived)}"
            " order by hs_object_id"
        )

    @router.post("/crm/v3/objects/{name}/batch/read")
    def batch_read(name: str, order: JsonBody, archived: str = "false") -> Response:
        kind = known_type(name)
        ids = [str(item.get("id", "")) for item in order.get("inputs", [])]
        history_names = [str(item) for item in order.get("propertiesWithHistory") or []]
        most = MOST_WITH_HISTORY if history_names else MOST
        if not ids or len(ids) > most:
            raise error(
                400, f"inputs: between 1 and {most} are allowed", category="VALIDATION_ERROR"
            )
        properties = records.asked_properties(kind, order.get("properties") or [])
        frame = by_ids(kind, list(dict.fromkeys(ids)), properties, archived)
        found = records.to_records(kind, frame, properties)
        if history_names:
            records.add_history(world.store, kind, found, _history(kind, history_names))
        missing = sorted(set(ids) - {record["id"] for record in found})
        return _batch(
            found,
            [
                {
                    "status": "error",
                    "category": "OBJECT_NOT_FOUND",
                    "message": "Could not get some objects, they may be deleted or not exist.",
                    "context": {"ids": missing},
                }
            ]
            if missing
            else [],
        )

    @router.post("/crm/v4/associations/{source}/{target}/batch/read")
    def associations(source: str, target: str, order: JsonBody) -> Response:
        from_kind, to_kind = known_type(source), known_type(target)
        ids = [str(item.get("id", "")) for item in order.get("inputs", [])]
        if not ids or len(ids) > MOST_ASSOCIATIONS:
            raise error(
                400,
                f"inputs: between 1 and {MOST_ASSOCIATIONS} are allowed",
                category="VALIDATION_ERROR",
            )
        found = records.links(world.store, from_kind, to_kind, ids)
        reached = {str(item.get("id")): _position(item) for item in order["inputs"]}
        results = [
            _associated(from_kind, to_kind, from_id, to, reached[from_id])
            for from_id, to in found.items()
        ]
        errors = [
            {
                "status": "error",
                "category": "OBJECT_NOT_FOUND",
                "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
                "message": f"No {singular(to_kind.name)} is associated with "
                f"{singular(from_kind.name)} {from_id}.",
                "context": {
                    "fromObjectId": [from_id],
                    "fromObjectType": [singular(from_kind.name)],
                    "toObjectType": [singular(to_kind.name)],
                },
            }
            for from_id in ids
            if from_id not in found
        ]
        return _batch(results, errors)

    def _batch(results: list[dict[str, Any]], errors: list[dict[str, Any]]) -> Response:
        now = world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")
        body: dict[str, Any] = {
            "status": "COMPLETE",
            "results": results,
            "startedAt": now,
            "completedAt": now,
        }
        if errors:
            body |= {"numErrors": len(errors), "errors": errors}
        return json_reply(body, status=207 if errors else 200)

    @router.get("/crm/v3/properties/{name}")
    def properties(name: str) -> Response:
        kind = known_type(name)
        results = [records.property_definition(kind, prop) for prop in kind.properties]
        return json_reply({"results": results})

    return router


def _names(values: list[str]) -> list[str]:
    """Names from repeated and comma-separated query parameters."""
    return [name for value in values for name in value.split(",") if name.strip()]


def _limit(text: str, most: int) -> int:
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise error(
            400, f"limit {text}: between 1 and {most} is allowed", category="VALIDATION_ERROR"
        )
    return int(text)


def _history(kind: ObjectType, names: list[str]) -> list[Property]:
    return [prop for prop in map(kind.property, dict.fromkeys(names)) if prop is not None]


def _link(request: Request, after: str) -> str:
    return str(request.url.include_query_params(after=after))


def _position(item: dict[str, Any]) -> int:
    """Where a record's associations go on; HubSpot's tokens are opaque, too."""
    after = str(item.get("after") or 0)
    if not after.isdigit():
        raise error(400, f"Invalid paging cursor: {after}", category="VALIDATION_ERROR")
    return int(after)


def _associated(
    source: ObjectType, target: ObjectType, from_id: str, to: list[records.Link], start: int
) -> dict[str, Any]:
    """A page of one record's associations."""
    end = start + MOST_LINKS
    answer: dict[str, Any] = {
        "from": {"id": from_id},
        "to": [
            {
                "toObjectId": int(link.to_id),
                "associationTypes": _labels(source, target, is_main=link.is_main),
            }
            for link in to[start:end]
        ],
    }
    if end < len(to):
        answer["paging"] = {"next": {"after": str(end), "link": f"?after={end}"}}
    return answer


def _labels(source: ObjectType, target: ObjectType, *, is_main: bool) -> list[dict[str, Any]]:
    """HubSpot's own types, and the account's label where there is one."""
    primary, plain = records.LINK_TYPES.get((source.name, target.name), (None, 0))
    kinds = [("HUBSPOT_DEFINED", primary, "Primary")] if primary else []
    if is_main and {source.name, target.name} == {"deals", "contacts"}:
        kinds.append(("USER_DEFINED", *records.MAIN_CONTACT))
    return [
        {"category": category, "typeId": type_id, "label": label}
        for category, type_id, label in [*kinds, ("HUBSPOT_DEFINED", plain, None)]
    ]
