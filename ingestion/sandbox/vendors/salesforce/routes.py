"""Salesforce's routes together: login, REST and Bulk 2.0, with one call meter."""

from fastapi import APIRouter

from ingestion.sandbox.vendors.salesforce.access import CallMeter, login_routes
from ingestion.sandbox.vendors.salesforce.bulk import bulk_routes
from ingestion.sandbox.vendors.salesforce.rest import rest_routes
from ingestion.sandbox.world import World


def salesforce_routes(world: World) -> APIRouter:
    router = APIRouter()
    meter = CallMeter(world.clock.now)
    for routes in (login_routes(world), bulk_routes(world, meter), rest_routes(world, meter)):
        router.include_router(routes)
    return router
