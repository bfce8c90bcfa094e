"""HubSpot's routes together, behind the private app's token."""

import hmac

from fastapi import APIRouter, Depends, Request

from ingestion.sandbox.tokens import bearer
from ingestion.sandbox.vendors.hubspot import credentials
from ingestion.sandbox.vendors.hubspot.accounts import marketing_routes, settings_routes
from ingestion.sandbox.vendors.hubspot.crm import crm_routes
from ingestion.sandbox.vendors.hubspot.forms import forms_routes
from ingestion.sandbox.vendors.hubspot.lists import lists_routes
from ingestion.sandbox.vendors.hubspot.records import error
from ingestion.sandbox.vendors.hubspot.search import search_routes
from ingestion.sandbox.world import World


def _check_token(request: Request) -> None:
    token = bearer(request.headers.get("authorization"))
    if not hmac.compare_digest(token.encode(), credentials.ACCESS_TOKEN.encode()):
        raise error(
            401,
            "Authentication credentials not found. This API supports OAuth 2.0 authentication.",
            category="INVALID_AUTHENTICATION",
        )


def hubspot_routes(world: World) -> APIRouter:
    router = APIRouter(dependencies=[Depends(_check_token)])
    for routes in (
        search_routes(world),
        crm_routes(world),
        settings_routes(world),
        marketing_routes(world),
        forms_routes(world),
        lists_routes(world),
    ):
        router.include_router(routes)
    return router
