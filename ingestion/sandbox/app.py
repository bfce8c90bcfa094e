"""The sandbox server: the vendors' routers, the admin routes, and the faults around them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from ingestion.sandbox import credentials
from ingestion.sandbox.clock import Clock, iso
from ingestion.sandbox.faults import InvalidFaultError
from ingestion.sandbox.replies import JsonBody, VendorError, json_reply
from ingestion.sandbox.vendors.google_ads import campaigns
from ingestion.sandbox.vendors.google_ads.service import google_ads_routes
from ingestion.sandbox.vendors.hubspot import hubspot_tables
from ingestion.sandbox.vendors.hubspot.limits import LimitHeaders
from ingestion.sandbox.vendors.hubspot.routes import hubspot_routes
from ingestion.sandbox.vendors.salesforce import objects
from ingestion.sandbox.vendors.salesforce.routes import salesforce_routes
from ingestion.sandbox.weather import Weather
from ingestion.sandbox.world import Frames, World, open_world

TOKEN_LIFETIMES = {
    "salesforce": timedelta(hours=2),
    "google_ads": timedelta(hours=1),
}


def build_world(clock: Clock, simulate: Callable[[datetime], Frames]) -> World:
    """A sandbox world over `simulate(until)`, which gives the company's frames by table name."""
    return open_world(
        clock=clock,
        simulate=simulate,
        prepare=(objects.tables, hubspot_tables.tables, campaigns.tables),
        token_lifetimes=TOKEN_LIFETIMES,
    )


def build_app(world: World) -> FastAPI:
    """The application of one world; all vendors and admin routes on one port."""
    app = FastAPI(title="Revlake sandbox", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(salesforce_routes(world), prefix="/salesforce")
    app.include_router(hubspot_routes(world), prefix="/hubspot")
    app.include_router(google_ads_routes(world), prefix="/google_ads")
    app.include_router(_admin_routes(world), prefix="/_sandbox")
    app.add_exception_handler(VendorError, _vendor_error)
    app.add_exception_handler(HTTPException, _not_found)
    app.add_middleware(Weather, world=world)
    app.add_middleware(LimitHeaders)
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


def _not_found(request: Request, error: Exception) -> Response:
    """Unknown paths and methods, in the form of the vendor whose path it is."""
    assert isinstance(error, HTTPException)
    message = "The requested resource does not exist"
    body: Any = {"status": "error", "message": message}
    if request.url.path.startswith("/salesforce"):
        body = [{"errorCode": "NOT_FOUND", "message": message}]
    elif request.url.path.startswith("/google_ads"):
        body = {"error": {"code": error.status_code, "message": message, "status": "NOT_FOUND"}}
    return json_reply(body, status=error.status_code)
