"""Entra ID's token endpoint for an application, and the check of every call."""

import hmac
from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import FormField, VendorError, json_reply
from ingestion.sandbox.tokens import bearer
from ingestion.sandbox.vendors.microsoft_graph import credentials
from ingestion.sandbox.vendors.microsoft_graph.refusals import refused
from ingestion.sandbox.world import World

NAME = "microsoft_graph"


def login_routes(world: World) -> APIRouter:
    """The client credentials flow of an app registration."""
    router = APIRouter()

    @router.post("/{tenant}/oauth2/v2.0/token")
    def token(
        tenant: str,
        grant_type: FormField = "",
        client_id: FormField = "",
        client_secret: FormField = "",
        scope: FormField = "",
    ) -> Response:
        if tenant != credentials.TENANT_ID:
            raise _no_token(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if grant_type != "client_credentials":
            raise _no_token(400, "unsupported_grant_type", 70003, "Unsupported grant type.")
        if not hmac.compare_digest(client_id, credentials.CLIENT_ID):
            raise _no_token(400, "unauthorized_client", 700016, "Application was not found.")
        if not hmac.compare_digest(client_secret, credentials.CLIENT_SECRET):
            raise _no_token(401, "invalid_client", 7000215, "Invalid client secret provided.")
        if not scope.endswith("/.default"):
            raise _no_token(400, "invalid_scope", 1002012, f"The scope '{scope}' is not valid.")
        lifetime = int(world.tokens[NAME].lifetime.total_seconds())
        return json_reply(
            {
                "token_type": "Bearer",
                "expires_in": lifetime,
                "ext_expires_in": lifetime,
                "access_token": world.tokens[NAME].issue("eyJ0eXAiOiJKV1Qi."),
            }
        )

    return router


def check_token(world: World) -> Callable[[Request], None]:
    """Dependency of every data route."""

    def check(request: Request) -> None:
        if not world.tokens[NAME].is_valid(bearer(request.headers.get("authorization"))):
            message = "Lifetime validation failed, the token is expired."
            raise refused(401, "InvalidAuthenticationToken", message)

    return check


def _no_token(status: int, error: str, code: int, message: str) -> VendorError:
    body = {
        "error": error,
        "error_description": f"AADSTS{code}: {message}",
        "error_codes": [code],
    }
    return VendorError(status, body)
