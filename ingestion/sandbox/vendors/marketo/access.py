"""Marketo's identity service, the check of tokens, and the envelope of every answer."""

import hmac
import itertools
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from ingestion.sandbox.replies import VendorError, json_reply
from ingestion.sandbox.tokens import TokenBook, bearer
from ingestion.sandbox.vendors.marketo import credentials
from ingestion.sandbox.vendors.marketo.refusals import failure
from ingestion.sandbox.world import World

API_USER = "api-user@meridia-cloud.example"
_requests = itertools.count(0x10C5)


def success(result: list[Any] | None, **more: Any) -> Response:
    """A good answer; without any result it says so or leaves it out, as the API in question."""
    body: dict[str, Any] = {
        "requestId": f"{next(_requests):x}#19492823069",
        "success": True,
        "errors": [],
        "warnings": [],
        **more,
    }
    return json_reply(body if result is None else {**body, "result": result})


def error(code: int, message: str) -> VendorError:
    """An error, which has status 200 at this vendor."""
    return VendorError(200, failure(code, message))


def check_token(world: World) -> Callable[[Request], None]:
    """Dependency of every data route. A token counts only in the header."""

    def check(request: Request) -> None:
        token = bearer(request.headers.get("authorization"))
        book = world.tokens["marketo"]
        if not token:
            raise error(600, "Access token not specified")
        if not book.is_known(token):
            raise error(601, "Access token invalid")
        if not book.is_valid(token):
            raise error(602, "Access token expired")

    return check


def identity_routes(world: World) -> APIRouter:
    """Tokens for client credentials, given in the query or as a form."""
    router = APIRouter()

    @router.get("/identity/oauth/token")
    def by_query(request: Request) -> Response:
        return _issue(world.tokens["marketo"], request.query_params)

    @router.post("/identity/oauth/token")
    async def by_form(request: Request) -> Response:
        form = {key: str(value) for key, value in (await request.form()).items()}
        asked = {**request.query_params, **form}
        return await run_in_threadpool(_issue, world.tokens["marketo"], asked)

    return router


def _issue(book: TokenBook, asked: Any) -> Response:
    if asked.get("grant_type") != "client_credentials":
        return _unknown("unsupported_grant_type", "Unsupported grant type")
    known = hmac.compare_digest(
        str(asked.get("client_id", "")).encode(), credentials.CLIENT_ID.encode()
    ) and hmac.compare_digest(
        str(asked.get("client_secret", "")).encode(), credentials.CLIENT_SECRET.encode()
    )
    if not known:
        return _unknown("unauthorized", "Bad client credentials")
    return json_reply(
        {
            "access_token": book.issue(""),
            "token_type": "bearer",
            "expires_in": int(book.lifetime.total_seconds()) - 1,
            "scope": API_USER,
        }
    )


def _unknown(kind: str, description: str) -> Response:
    return json_reply({"error": kind, "error_description": description}, status=401)
