"""Marketo's routes together; all but the identity service want a token."""

from fastapi import APIRouter, Depends

from ingestion.sandbox.vendors.marketo.access import check_token, identity_routes
from ingestion.sandbox.vendors.marketo.activities import activity_routes
from ingestion.sandbox.vendors.marketo.assets import asset_routes
from ingestion.sandbox.vendors.marketo.bulk import bulk_routes
from ingestion.sandbox.vendors.marketo.leads import lead_routes
from ingestion.sandbox.world import World


def marketo_routes(world: World) -> APIRouter:
    router = APIRouter()
    router.include_router(identity_routes(world))
    for routes in (
        lead_routes(world),
        activity_routes(world),
        asset_routes(world),
        bulk_routes(world),
    ):
        router.include_router(routes, dependencies=[Depends(check_token(world))])
    return router
