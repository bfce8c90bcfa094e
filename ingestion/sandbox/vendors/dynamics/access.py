"""Entra ID's token endpoint, the check of every call, and the service protection limit."""

import hmac
import threading
import time
from collections import deque
from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import FormField, VendorError, json_reply
from ingestion.sandbox.tokens import bearer
from ingestion.sandbox.vendors.dynamics import credentials
from ingestion.sandbox.vendors.dynamics.refusals import error_body, refusal
from ingestion.sandbox.world import World

WINDOW_SECONDS, WINDOW_CALLS = 300.0, 6_000
WINDOW_EXECUTION = "1,200.00"


class CallMeter:
    """Calls of the last five minutes of real time, as one web server counts them for one user."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._calls: deque[float] = deque()

    def count(self) -> None:
        """Counts a call; refuses the one that is too many, with the seconds to wait."""
        now = self._now()
        with self._lock:
            while self._calls and self._calls[0] <= now - WINDOW_SECONDS:
                self._calls.popleft()
            if len(self._calls) >= WINDOW_CALLS:
                wait = self._calls[0] + WINDOW_SECONDS - now
                status, body, headers = refusal("rate_limit", f"{wait:.0f}")
                raise VendorError(status, body, headers=headers)
            self._calls.append(now)

    @property
    def headers(self) -> dict[str, str]:
        return {
            "OData-Version": "4.0",
            "x-ms-ratelimit-burst-remaining-xrm-requests": str(WINDOW_CALLS - len(self._calls)),
            "x-ms-ratelimit-time-remaining-xrm-requests": WINDOW_EXECUTION,
        }


def check_token(world: World, meter: CallMeter) -> Callable[[Request], None]:
    """Dependency of every data route."""

    def check(request: Request) -> None:
        if not world.tokens["dynamics"].is_valid(bearer(request.headers.get("authorization"))):
            login = f"{str(request.base_url).rstrip('/')}/dynamics/{credentials.TENANT_ID}"
            raise VendorError(
                401,
                error_body("0x80048d05", "The access token is missing, expired or not valid."),
                headers={"WWW-Authenticate": f"Bearer authorization_uri={login}/oauth2/authorize"},
            )
        meter.count()

    return check


def login_routes(world: World) -> APIRouter:
    """The client credentials flow of an app registration."""
    router = APIRouter()

    @router.get("/{tenant}/v2.0/.well-known/openid-configuration")
    def configuration(request: Request, tenant: str) -> Response:
        login = f"{str(request.base_url).rstrip('/')}/dynamics/{tenant}"
        return json_reply(
            {
                "token_endpoint": f"{login}/oauth2/v2.0/token",
                "authorization_endpoint": f"{login}/oauth2/v2.0/authorize",
                "issuer": f"{login}/v2.0",
            }
        )

    @router.post("/{tenant}/oauth2/v2.0/token")
    def token(
        tenant: str,
        grant_type: FormField = "",
        client_id: FormField = "",
        client_secret: FormField = "",
        scope: FormField = "",
    ) -> Response:
        if tenant != credentials.TENANT_ID:
            raise _refused(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if grant_type != "client_credentials":
            raise _refused(400, "unsupported_grant_type", 70003, "The grant type is not supported.")
        if not hmac.compare_digest(client_id, credentials.CLIENT_ID):
            raise _refused(400, "unauthorized_client", 700016, "Application was not found.")
        if not hmac.compare_digest(client_secret, credentials.CLIENT_SECRET):
            raise _refused(401, "invalid_client", 7000215, "Invalid client secret provided.")
        if not scope.split(" ")[0].endswith("/.default"):
            raise _refused(400, "invalid_scope", 1002012, f"The scope '{scope}' is not valid.")
        lifetime = int(world.tokens["dynamics"].lifetime.total_seconds())
        return json_reply(
            {
                "token_type": "Bearer",
                "expires_in": lifetime,
                "ext_expires_in": lifetime,
                "access_token": world.tokens["dynamics"].issue("eyJ0eXAiOiJKV1Qi."),
            }
        )

    return router


def _refused(status: int, error: str, code: int, message: str) -> VendorError:
    body = {
        "error": error,
        "error_description": f"AADSTS{code}: {message}",
        "error_codes": [code],
    }
    return VendorError(status, body)
