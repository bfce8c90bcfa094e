"""The sandbox server: the vendors' routers, the admin routes, and the faults around them."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from ingestion.sandbox import credentials
from ingestion.sandbox.clock import Clock, iso
from ingestion.sandbox.faults import InvalidFaultError
from ingestion.sandbox.replies import JsonBody, VendorError, json_reply
from ingestion.sandbox.vendors import vendors
from ingestion.sandbox.weather import Weather
from ingestion.sandbox.world import Frames, World, open_world


class RoutesOnDemand:
    """ASGI middleware that adds a vendor's routes when it is first asked: most runs use a few."""

    def __init__(self, app: ASGIApp, routed: FastAPI, world: World) -> None:
        self._app = app
        self._routed = routed
        self._world = world
        self._added: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].split("/")[1] if scope["type"] == "http" else ""
        if name in self._world.vendors and name not in self._added:
            self._added.add(name)
            routes = self._world.vendors[name].routes(self._world)
            self._routed.include_router(routes, prefix=f"/{name}")
        await self._app(scope, receive, send)


def build_world(clock: Clock, simulate: Callable[[datetime], Frames]) -> World:
    """A sandbox world over `simulate(until)`, which gives the company's frames by table name."""
    return open_world(clock=clock, simulate=simulate, vendors=vendors())


def build_app(world: World) -> FastAPI:
    """The application of one world; all vendors and admin routes on one port."""
    app = FastAPI(title="Revlake sandbox", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_admin_routes(world), prefix="/_sandbox")
    app.add_middleware(RoutesOnDemand, routed=app, world=world)
    app.add_exception_handler(VendorError, _vendor_error)
    app.add_exception_handler(HTTPException, partial(_not_found, world))
    app.add_middleware(Weather, world=world)
    for vendor in world.vendors.values():
        if vendor.middleware is not None:
            app.add_middleware(vendor.middleware)
    return app


def _admin_routes(world: World) -> APIRouter:
    router = APIRouter()

    @router.get("/health")
    def health() -> Response:
        return json_reply({"status": "ok", "now": iso(world.clock.now())})

    @router.get("/clock")
    def clock() -> Response:
        return json_reply({"now": iso(world.clock.now())})

    @router.post("/advance")
    def advance(order: JsonBody) -> Response:
        seconds = order.get("seconds")
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
            raise VendorError(400, {"error": "seconds: a number, 0 or more"})
        return json_reply({"now": iso(world.advance(seconds))})

    @router.get("/credentials")
    def demo_credentials(request: Request) -> Response:
        return json_reply(credentials.connections(str(request.base_url).rstrip("/")))

    @router.get("/faults")
    def faults() -> Response:
        return json_reply(world.faults.status())

    @router.post("/faults")
    def add_fault(order: JsonBody) -> Response:
        try:
            return json_reply(world.faults.add(order).public(), status=201)
        except InvalidFaultError as invalid:
            raise VendorError(400, {"error": str(invalid)}) from invalid

    @router.delete("/faults")
    def clear_faults() -> Response:
        world.faults.clear()
        world.store.release_holds()
        return json_reply(world.faults.status())

    return router


def _vendor_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, VendorError)
    return json_reply(error.body, status=error.status, headers=error.headers)


def _not_found(world: World, request: Request, error: Exception) -> Response:
    """Unknown paths and methods, in the form of the vendor whose path it is."""
    assert isinstance(error, HTTPException)
    vendor = world.vendors.get(request.url.path.split("/")[1])
    if vendor is None:
        return json_reply({"error": "no such path"}, status=error.status_code)
    return json_reply(vendor.not_found(error.status_code), status=error.status_code)
