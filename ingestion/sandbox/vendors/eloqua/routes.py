"""Eloqua's routes together; all but the login host's want credentials and the right data centre."""

from fastapi import APIRouter, Depends

from ingestion.sandbox.vendors.eloqua.access import check_call, login_routes
from ingestion.sandbox.vendors.eloqua.assets import asset_routes
from ingestion.sandbox.vendors.eloqua.bulk import bulk_routes
from ingestion.sandbox.world import World


def eloqua_routes(world: World) -> APIRouter:
    router = APIRouter()
    router.include_router(login_routes())
    guarded = [Depends(check_call)]
    router.include_router(bulk_routes(world), prefix="/{pod}/api/bulk/2.0", dependencies=guarded)
    router.include_router(asset_routes(world), prefix="/{pod}/api/rest", dependencies=guarded)
    return router
