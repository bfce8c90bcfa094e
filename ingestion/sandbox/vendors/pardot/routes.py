"""Account Engagement's routes: queries and single records of all objects, list e-mails' figures."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import json_reply
from ingestion.sandbox.vendors.pardot import query
from ingestion.sandbox.vendors.pardot.access import CallMeter, check_call, login_routes, usage
from ingestion.sandbox.vendors.pardot.objects import OBJECT_TYPES, ObjectType
from ingestion.sandbox.vendors.pardot.pardot_tables import SCHEMA, columns, list_email_stats
from ingestion.sandbox.vendors.pardot.refusals import error
from ingestion.sandbox.world import World

API = "/api/v5/objects"


def pardot_routes(world: World) -> APIRouter:
    router = APIRouter()
    router.include_router(login_routes(world))
    router.include_router(_object_routes(world), prefix=API)
    return router


def _object_routes(world: World) -> APIRouter:
    meter = CallMeter(world.clock.now)
    router = APIRouter(dependencies=[Depends(check_call(world, meter))])
    store = world.store

    @router.get("/list-emails/{number}/stats")
    def stats(request: Request, number: int) -> Response:
        found = list_email_stats(store, number)
        if found is None:
            raise error(192, "Object specified does not exist", status=404)
        return json_reply(found, headers=usage(request, meter))

    @router.get("/{path}")
    def listing(request: Request, path: str) -> Response:
        page = query.answer(store, _known(path), dict(request.query_params))
        url = None
        if page.token is not None:
            fields = request.query_params["fields"]
            url = f"{request.url.replace(query='')}?fields={fields}&nextPageToken={page.token}"
        return json_reply(
            {"nextPageToken": page.token, "nextPageUrl": url, "values": page.values},
            headers={**usage(request, meter), **query.warned(page.warning)},
        )

    @router.get("/{path}/{number}")
    def read(request: Request, path: str, number: int) -> Response:
        kind = _known(path)
        names = query.asked_fields(kind, request.query_params.get("fields", ""))
        alive = 'not "isDeleted"' if kind.has_bin else "true"
        frame = store.fetch(
            f"select {columns(kind, names)} from {store.current(f'{SCHEMA}.{kind.table}')}"
            f' where "id" = {number} and {alive}'
        )
        if frame.is_empty():
            raise error(192, "Object specified does not exist", status=404)
        return json_reply(query.records(kind, frame)[0], headers=usage(request, meter))

    return router


def _known(path: str) -> ObjectType:
    kind = OBJECT_TYPES.get(path)
    if kind is None:
        raise query.not_found(path)
    return kind
