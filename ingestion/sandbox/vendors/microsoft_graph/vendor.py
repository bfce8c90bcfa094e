"""Microsoft Graph, its mail and calendars, in the sandbox."""

from datetime import timedelta

from fastapi import APIRouter

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.microsoft_graph.access import login_routes
from ingestion.sandbox.vendors.microsoft_graph.graph_tables import tables
from ingestion.sandbox.vendors.microsoft_graph.refusals import not_found, refusal
from ingestion.sandbox.vendors.microsoft_graph.service import graph_routes
from ingestion.sandbox.world import World


def _routes(world: World) -> APIRouter:
    router = APIRouter()
    router.include_router(graph_routes(world))
    router.include_router(login_routes(world))
    return router


VENDOR = Vendor(
    routes=_routes,
    tables=tables,
    refusal=refusal,
    not_found=not_found,
    lists=("value",),
    token_lifetime=timedelta(hours=1),
)
