"""Google's token endpoint for service accounts, and the check of every call.

A token speaks for one person (`sub`) within the scopes that the domain's administrator granted.
"""

import base64
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

import jwt
from fastapi import APIRouter, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import FormField, VendorError, json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.tokens import bearer
from ingestion.sandbox.vendors.gmail import credentials
from ingestion.sandbox.vendors.gmail.refusals import refused, too_fast
from ingestion.sandbox.world import World

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Google's own client names it whatever endpoint it is sent to.
GOOGLES_ENDPOINT = "https://oauth2.googleapis.com/token"
METADATA = "https://www.googleapis.com/auth/gmail.metadata"
DIRECTORY = "https://www.googleapis.com/auth/admin.directory.user.readonly"
GRANTED = frozenset({METADATA, DIRECTORY})
WINDOW_SECONDS, WINDOW_UNITS = 60.0, 15_000


@dataclass(frozen=True)
class Caller:
    """Whom a token speaks for, and for what."""

    email: str
    scopes: frozenset[str]


class UnitMeter:
    """Quota units of the last minute of real time, by mailbox."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._spent: dict[str, deque[tuple[float, int]]] = defaultdict(deque)

    def spend(self, email: str, units: int) -> None:
        """Counts a call; refuses the one that is too many."""
        now = self._now()
        with self._lock:
            spent = self._spent[email]
            while spent and spent[0][0] <= now - WINDOW_SECONDS:
                spent.popleft()
            if sum(units for _, units in spent) + units > WINDOW_UNITS:
                message = "Quota exceeded for quota metric 'Queries' and limit 'per minute'."
                raise VendorError(429, too_fast(429, "rateLimitExceeded", message))
            spent.append((now, units))


def token_routes(world: World) -> APIRouter:
    router = APIRouter()
    key = credentials.public_numbers().public_key()

    @router.post("/token")
    def token(request: Request, grant_type: FormField = "", assertion: FormField = "") -> Response:
        if grant_type != JWT_BEARER:
            raise _no_token(400, "unsupported_grant_type", f"Invalid grant_type: {grant_type}")
        audience = [GOOGLES_ENDPOINT, f"{str(request.base_url).rstrip('/')}/gmail/token"]
        try:
            claims = jwt.decode(assertion, key, algorithms=["RS256"], audience=audience)
        except jwt.PyJWTError:
            raise _no_token(400, "invalid_grant", "Invalid JWT Signature.") from None
        scopes = frozenset(str(claims.get("scope", "")).split())
        if claims.get("iss") != credentials.CLIENT_EMAIL:
            raise _no_token(400, "invalid_grant", "Invalid grant: account not found")
        if not scopes or not scopes <= GRANTED:
            raise _no_token(
                401,
                "unauthorized_client",
                "Client is unauthorized to retrieve access tokens using this method, or client "
                "not authorized for any of the scopes requested.",
            )
        email = str(claims.get("sub", "")).lower()
        if email != credentials.ADMIN_EMAIL and not _is_active(email):
            raise _no_token(400, "invalid_grant", "Invalid email or User ID")
        book = world.tokens["gmail"]
        told = base64.urlsafe_b64encode(" ".join([email, *sorted(scopes)]).encode()).decode()
        return json_reply(
            {
                "access_token": book.issue(f"ya29.{told}."),
                "expires_in": int(book.lifetime.total_seconds()) - 1,
                "token_type": "Bearer",
            }
        )

    def _is_active(email: str) -> bool:
        found = world.store.fetch(
            f"select 1 from {world.store.current('gmail.users')}"
            f" where email = {literal(email)} and is_active"
        )
        return not found.is_empty()

    return router


def caller_of(world: World, request: Request, scope: str) -> Caller:
    """Whom the call's token speaks for; it must have the scope."""
    token = bearer(request.headers.get("authorization"))
    if not world.tokens["gmail"].is_valid(token):
        message = "Request had invalid authentication credentials."
        raise refused(401, "authError", message)
    email, *scopes = base64.urlsafe_b64decode(token.split(".")[1]).decode().split(" ")
    if scope not in scopes:
        message = "Request had insufficient authentication scopes."
        raise refused(403, "insufficientPermissions", message)
    return Caller(email, frozenset(scopes))


def _no_token(status: int, error: str, description: str) -> VendorError:
    return VendorError(status, {"error": error, "error_description": description})
