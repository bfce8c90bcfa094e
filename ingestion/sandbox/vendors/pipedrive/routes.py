"""Pipedrive's routes together, behind the API token."""

import hmac

from fastapi import APIRouter, Depends, Request

from ingestion.sandbox.vendors.pipedrive import credentials
from ingestion.sandbox.vendors.pipedrive.refusals import error
from ingestion.sandbox.vendors.pipedrive.v1 import v1_routes
from ingestion.sandbox.vendors.pipedrive.v2 import v2_routes
from ingestion.sandbox.world import World


def _check_token(request: Request) -> None:
    """The token may also stand in the address, where older clients put it."""
    token = request.headers.get("x-api-token") or request.query_params.get("api_token", "")
    if not hmac.compare_digest(token.encode(), credentials.API_TOKEN.encode()):
        raise error(401, "unauthorized access")


def pipedrive_routes(world: World) -> APIRouter:
    router = APIRouter(dependencies=[Depends(_check_token)])
    router.include_router(v2_routes(world))
    router.include_router(v1_routes(world))
    return router
