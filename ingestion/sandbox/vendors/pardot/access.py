"""Salesforce's login for Account Engagement, and what every call is checked for."""

import hmac
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import FormField, VendorError, json_reply
from ingestion.sandbox.tokens import bearer
from ingestion.sandbox.vendors.pardot import credentials
from ingestion.sandbox.vendors.pardot.refusals import day_is_over, error, too_many_at_once
from ingestion.sandbox.world import World

MOST_AT_ONCE = 5
DAILY_CALLS = 100_000


class CallMeter:
    """Calls under way, and calls of the current day; the largest editions have 100,000."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._day = now().date()
        self._at_once = 0
        self.used = 0

    def begin(self) -> None:
        with self._lock:
            today = self._now().date()
            self.used = self.used + 1 if today == self._day else 1
            self._day = today
            if self.used > DAILY_CALLS:
                raise day_is_over()
            if self._at_once >= MOST_AT_ONCE:
                raise too_many_at_once()
            self._at_once += 1

    def end(self) -> None:
        with self._lock:
            self._at_once -= 1


def check_call(world: World, meter: CallMeter) -> Callable[[Request, Response], Iterator[None]]:
    """Dependency of every data route: token, business unit, limits."""

    def check(request: Request, response: Response) -> Iterator[None]:
        if not world.tokens["pardot"].is_valid(bearer(request.headers.get("authorization"))):
            raise error(184, "access_token is invalid, unknown, or malformed", status=401)
        unit = request.headers.get("pardot-business-unit-id")
        if unit is None:
            raise error(181, "A required header is missing: Pardot-Business-Unit-Id")
        if unit != credentials.BUSINESS_UNIT_ID:
            raise error(
                201,
                "Business Unit specified in Pardot-Business-Unit-Id header not found or inactive.",
            )
        meter.begin()
        try:
            yield
        finally:
            meter.end()

    return check


def usage(request: Request, meter: CallMeter) -> dict[str, str]:
    """The usage header, for calls that ask for it."""
    if request.headers.get("x-return-api-usage") != "1":
        return {}
    return {"x-api-usage": f"{meter.used}/{DAILY_CALLS}"}


def login_routes(world: World) -> APIRouter:
    """The OAuth 2.0 client-credentials flow of a connected app with the scope `pardot_api`."""
    router = APIRouter()

    @router.post("/login/services/oauth2/token")
    def token(
        grant_type: FormField = "", client_id: FormField = "", client_secret: FormField = ""
    ) -> Response:
        if grant_type != "client_credentials":
            raise _refusal("unsupported_grant_type", "grant type not supported")
        if not hmac.compare_digest(client_id, credentials.CLIENT_ID):
            raise _refusal("invalid_client_id", "client identifier invalid")
        if not hmac.compare_digest(client_secret, credentials.CLIENT_SECRET):
            raise _refusal("invalid_client", "invalid client credentials")
        return json_reply(
            {
                "access_token": world.tokens["pardot"].issue("00DHs0000000001!"),
                "scope": "pardot_api",
                "instance_url": "https://sandbox.my.salesforce.com",
                "token_type": "Bearer",
                "issued_at": str(int(world.clock.now().timestamp() * 1000)),
            }
        )

    return router


def _refusal(code: str, description: str) -> VendorError:
    return VendorError(400, {"error": code, "error_description": description})
