"""Seismic's token server and its Reporting API v2: whole tables, filtered by time."""

import hmac
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

import orjson
import polars as pl
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from polars import selectors

from ingestion.sandbox.clock import parse_instant
from ingestion.sandbox.replies import VendorError, json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.tokens import bearer
from ingestion.sandbox.vendors.seismic import credentials
from ingestion.sandbox.vendors.seismic.refusals import CALLS_A_MINUTE, error, refusal
from ingestion.sandbox.vendors.seismic.seismic_tables import SCHEMA, SELECTS
from ingestion.sandbox.world import World

START, END = "StartTime", "EndTime"
MINUTE = timedelta(minutes=1)
MOST_ROWS = 100_000
SCOPE = "seismic.reporting"
HIDDEN = ("_key", "_from", "_to")


class CallMeter:
    """Calls of the tenant in the last minute."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._calls: deque[datetime] = deque()

    def headers(self) -> dict[str, str]:
        """Counts a call; raises the vendor's refusal when the minute has had its calls."""
        with self._lock:
            now = self._now()
            while self._calls and now - self._calls[0] >= MINUTE:
                self._calls.popleft()
            if len(self._calls) >= CALLS_A_MINUTE:
                wait = (self._calls[0] + MINUTE - now).total_seconds()
                status, body, headers = refusal("rate_limit", f"{wait:g}")
                raise VendorError(status, body, headers=headers)
            self._calls.append(now)
            return {
                "X-Seismic-Remaining-Calls": str(CALLS_A_MINUTE - len(self._calls)),
                "X-Seismic-Total-Calls": str(len(self._calls)),
            }


def seismic_routes(world: World) -> APIRouter:
    router = APIRouter()
    router.include_router(_token_routes(world))
    router.include_router(_report_routes(world))
    return router


def _token_routes(world: World) -> APIRouter:
    router = APIRouter(prefix="/auth")

    @router.post("/tenants/{tenant}/connect/token")
    async def token(tenant: str, request: Request) -> Response:
        form = await request.form()
        known = tenant == credentials.TENANT and all(
            hmac.compare_digest(str(form.get(name, "")).encode(), value.encode())
            for name, value in (
                ("client_id", credentials.CLIENT_ID),
                ("client_secret", credentials.CLIENT_SECRET),
            )
        )
        if not known:
            raise VendorError(400, {"error": "invalid_client"})
        if form.get("grant_type") != "delegation":
            raise VendorError(400, {"error": "unsupported_grant_type"})
        if form.get("user_id") != credentials.USER_ID:
            raise VendorError(400, {"error": "invalid_grant"})
        if SCOPE not in str(form.get("scope", "")).split():
            raise VendorError(400, {"error": "invalid_scope"})
        book = world.tokens[SCHEMA]
        return json_reply(
            {
                "access_token": book.issue("seismic."),
                "expires_in": int(book.lifetime.total_seconds()),
                "token_type": "Bearer",
                "scope": SCOPE,
            }
        )

    return router


def _report_routes(world: World) -> APIRouter:
    def check(request: Request) -> None:
        if not world.tokens[SCHEMA].is_valid(bearer(request.headers.get("authorization"))):
            raise error(401, "Unauthorized", "The access token is missing, invalid or expired.")

    router = APIRouter(prefix="/reporting/v2", dependencies=[Depends(check)])
    # A company's clock may stand still; the calls of a minute are those of a real minute.
    meter = CallMeter(datetime.now)

    @router.get("/{name}")
    def report(name: str, request: Request) -> Response:
        headers = meter.headers()
        if name not in SELECTS:
            raise error(404, "NotFound", f"There is no report {name}.")
        rows = _rows(world, name, request)
        if "text/csv" in request.headers.get("accept", ""):
            return Response(rows.write_csv().encode(), media_type="text/csv", headers=headers)
        return Response(
            orjson.dumps(rows.to_dicts()), media_type="application/json", headers=headers
        )

    return router


def _rows(world: World, name: str, request: Request) -> pl.DataFrame:
    """Rows within the asked times, in no order; `limit` cuts without a word."""
    conditions = ["true"]
    limit = MOST_ROWS
    for key, value in request.query_params.items():
        if key == "limit":
            if not value.isdigit() or value == "0":
                raise error(400, "BadRequest", "limit must be a positive number.")
            limit = min(int(value), MOST_ROWS)
        elif key.endswith((START, END)):
            column = key.removesuffix(START).removesuffix(END)
            sign = ">=" if key.endswith(START) else "<="
            conditions.append(f'"{column}" {sign} {literal(_instant(key, value))}')
        else:
            raise error(400, "BadRequest", f"Unknown parameter {key}.")
    current = world.store.current(f'{SCHEMA}."{name}"')
    found = world.store.fetch(
        f"select * from {current} where {' and '.join(conditions)} order by hash(_key)"
        f" limit {limit}"
    )
    return found.drop(HIDDEN).with_columns(
        selectors.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
    )


def _instant(key: str, value: str) -> datetime:
    try:
        return parse_instant(value)
    except ValueError:
        raise error(400, "BadRequest", f"{key} must be a date and time.") from None
