"""Microsoft Dynamics 365 Sales (Dataverse Web API) in the sandbox."""

from datetime import timedelta

from fastapi import APIRouter

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.dynamics.access import CallMeter, login_routes
from ingestion.sandbox.vendors.dynamics.refusals import not_found, refusal
from ingestion.sandbox.vendors.dynamics.service import service_routes
from ingestion.sandbox.vendors.dynamics.tables import tables
from ingestion.sandbox.world import World


def _routes(world: World) -> APIRouter:
    router = APIRouter()
    router.include_router(login_routes(world))
    router.include_router(service_routes(world, CallMeter()))
    return router


VENDOR = Vendor(
    routes=_routes,
    tables=tables,
    refusal=refusal,
    not_found=not_found,
    lists=("value",),
    token_lifetime=timedelta(hours=1),
)
