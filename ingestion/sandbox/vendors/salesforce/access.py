"""Salesforce's login, session check and usage header."""

import hmac
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import FormField, VendorError, json_reply
from ingestion.sandbox.tokens import bearer
from ingestion.sandbox.vendors.salesforce import credentials
from ingestion.sandbox.world import World

DAILY_CALLS = 100_000


class CallMeter:
    """Calls of the current day, as `Sforce-Limit-Info` and /limits tell them."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = Lock()
        self._day = now().date()
        self._used = 0

    def count(self) -> None:
        with self._lock:
            today = self._now().date()
            self._used = self._used + 1 if today == self._day else 1
            self._day = today

    @property
    def used(self) -> int:
        return self._used

    @property
    def header(self) -> dict[str, str]:
        return {"Sforce-Limit-Info": f"api-usage={self._used}/{DAILY_CALLS}"}


def check_session(world: World, meter: CallMeter) -> Callable[[Request], None]:
    """Dependency of every data route: counts the call and refuses without a valid session."""

    def check(request: Request) -> None:
        meter.count()
        if not world.tokens["salesforce"].is_valid(bearer(request.headers.get("authorization"))):
            raise VendorError(
                401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
            )

    return check


def login_routes(world: World) -> APIRouter:
    """OAuth 2.0 client-credentials flow of a connected app."""
    router = APIRouter()

    @router.post("/services/oauth2/token")
    def token(
        request: Request,
        grant_type: FormField = "",
        client_id: FormField = "",
        client_secret: FormField = "",
    ) -> Response:
        if grant_type != "client_credentials":
            raise _refusal("unsupported_grant_type", "grant type not supported")
        if not hmac.compare_digest(client_id, credentials.CLIENT_ID):
            raise _refusal("invalid_client_id", "client identifier invalid")
        if not hmac.compare_digest(client_secret, credentials.CLIENT_SECRET):
            raise _refusal("invalid_client", "invalid client credentials")
        issued = int(world.clock.now().timestamp() * 1000)
        instance = str(request.base_url).rstrip("/") + "/salesforce"
        return json_reply(
            {
                "access_token": world.tokens["salesforce"].issue("00DHs0000000001!"),
                "signature": "c2FuZGJveA==",
                "scope": "api",
                "instance_url": instance,
                "id": f"{instance}/id/00DHs0000000001EAA/005Hs0000000001IAA",
                "token_type": "Bearer",
                "issued_at": str(issued),
            }
        )

    return router


def _refusal(code: str, description: str) -> VendorError:
    return VendorError(400, {"error": code, "error_description": description})
