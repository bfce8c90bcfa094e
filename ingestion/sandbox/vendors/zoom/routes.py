"""Zoom's API v2: account tokens, users, reports of past meetings, participants."""

import base64
import hmac
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import VendorError, json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.tokens import bearer
from ingestion.sandbox.vendors.zoom import credentials
from ingestion.sandbox.vendors.zoom.pages import page_of
from ingestion.sandbox.vendors.zoom.records import meeting, participant, report_row, user
from ingestion.sandbox.vendors.zoom.refusals import error, limit_headers
from ingestion.sandbox.world import World

MONTH = timedelta(days=31)
HALF_A_YEAR = timedelta(days=184)
A_YEAR = timedelta(days=366)
LOGIN = base64.b64encode(f"{credentials.CLIENT_ID}:{credentials.CLIENT_SECRET}".encode())


def zoom_routes(world: World) -> APIRouter:
    router = APIRouter()
    router.include_router(_token_routes(world))
    router.include_router(_api_routes(world))
    return router


def _token_routes(world: World) -> APIRouter:
    router = APIRouter()

    @router.post("/oauth/token")
    async def token(request: Request) -> Response:
        asked = {**request.query_params, **await request.form()}
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), b"Basic " + LOGIN):
            raise _no_token("Invalid client_id or client_secret", "invalid_client")
        if asked.get("grant_type") != "account_credentials":
            raise _no_token("unsupported grant type", "unsupported_grant_type")
        if asked.get("account_id") != credentials.ACCOUNT_ID:
            raise _no_token("Bad Request", "invalid_request")
        book = world.tokens["zoom"]
        return json_reply(
            {
                "access_token": book.issue("zoom."),
                "token_type": "bearer",
                "expires_in": int(book.lifetime.total_seconds()) - 1,
                "scope": "meeting:read:admin report:read:admin user:read:admin",
                "api_url": "https://api.zoom.us",
            }
        )

    return router


def _no_token(reason: str, code: str) -> VendorError:
    return VendorError(400, {"reason": reason, "error": code})


def _api_routes(world: World) -> APIRouter:
    def check(request: Request) -> None:
        if not world.tokens["zoom"].is_valid(bearer(request.headers.get("authorization"))):
            raise error(401, 124, "Invalid access token.")

    router = APIRouter(prefix="/v2", dependencies=[Depends(check)])
    store = world.store

    def answer(
        request: Request, records: list[dict[str, Any]], name: str, category: str, **more: Any
    ) -> Response:
        body = page_of(request, records, name, now=world.clock.now())
        return json_reply({**more, **body}, headers=limit_headers(category))

    @router.get("/users")
    def users(request: Request, status: str = "active") -> Response:
        wanted = {"active": "is_active", "inactive": "not is_active", "pending": "false"}
        if status not in wanted:
            raise error(400, 300, "The status must be active, inactive or pending.")
        rows = store.fetch(
            f"select * from {store.current('zoom.users')} where {wanted[status]} order by user_n"
        ).to_dicts()
        return answer(request, [user(row) for row in rows], "users", "Medium", page_number=1)

    @router.get("/users/{user_id}")
    def one_user(user_id: str) -> Response:
        return json_reply(user(person(user_id)))

    def person(user_id: str) -> dict[str, Any]:
        rows = store.fetch(
            f"select * from {store.current('zoom.users')}"
            f" where id = {literal(user_id)} or lower(email) = lower({literal(user_id)})"
        ).to_dicts()
        if not rows:
            raise error(404, 1001, f"User does not exist: {user_id}.")
        return rows[0]

    def hosted(user_id: str, more: str) -> list[dict[str, Any]]:
        return store.fetch(
            f"select * from {store.current('zoom.meetings')}"
            f" where host_id = {literal(person(user_id)['id'])} {more} order by started_at, id"
        ).to_dicts()

    @router.get("/report/users/{user_id}/meetings")
    def reported(request: Request, user_id: str) -> Response:
        start, end = _span(request, world.clock.now())
        rows = hosted(
            user_id,
            f"and participants_count > 1 and started_at >= {literal(start)}"
            f" and started_at < {literal(end + timedelta(days=1))}",
        )
        span = {"from": start.date().isoformat(), "to": end.date().isoformat()}
        return answer(request, [report_row(row) for row in rows], "meetings", "Heavy", **span)

    @router.get("/users/{user_id}/meetings")
    def of_user(request: Request, user_id: str, type: str = "live") -> Response:
        """Only past meetings are known here: none is planned or under way."""
        rows = hosted(user_id, "") if type == "previous_meetings" else []
        return answer(request, [meeting(row) for row in rows], "meetings", "Medium")

    def past(name: str) -> dict[str, Any]:
        """A meeting by its UUID; one that begins with / or contains // must be encoded twice."""
        if name.startswith("/") or "//" in name:
            raise error(404, 3001, f"Meeting does not exist: {name}.")
        uuid = unquote(name)
        rows = store.fetch(
            f"select * from {store.current('zoom.meetings')} where uuid = {literal(uuid)}"
        ).to_dicts()
        if not rows:
            raise error(404, 3001, f"Meeting does not exist: {uuid}.")
        if world.clock.now().replace(tzinfo=None) - rows[0]["ended_at"] > A_YEAR:
            raise error(400, 12702, "Can not access a meeting a year ago.")
        return rows[0]

    def seats(found: dict[str, Any]) -> list[dict[str, Any]]:
        return store.fetch(
            f"select * from {store.current('zoom.participants')}"
            f" where activity_n = {found['activity_n']} order by joined_at, seat"
        ).to_dicts()

    @router.get("/past_meetings/{name:path}/participants")
    def participants(request: Request, name: str) -> Response:
        found = past(name)
        rows = seats(found) if found["participants_count"] > 1 else []
        return answer(request, [participant(row) for row in rows], "participants", "Medium")

    @router.get("/report/meetings/{name:path}/participants")
    def reported_participants(request: Request, name: str) -> Response:
        rows = [participant(row) for row in seats(past(name))]
        return answer(request, rows, "participants", "Heavy")

    @router.get("/past_meetings/{name:path}")
    def past_meeting(name: str) -> Response:
        found = past(name)
        return json_reply({**report_row(found), "host_id": found["host_id"]})

    return router


def _span(request: Request, now: datetime) -> tuple[datetime, datetime]:
    """First and last day of a report: a month at most, within the last half year."""
    days = []
    for name in ("from", "to"):
        try:
            # A time of day is taken and not looked at.
            day = date.fromisoformat(request.query_params.get(name, "")[:10])
        except ValueError:
            raise error(400, 300, f"The {name} field is required, as yyyy-mm-dd.") from None
        days.append(datetime(day.year, day.month, day.day))
    start, end = days
    if not timedelta(0) <= end - start <= MONTH:
        raise error(400, 300, "The range from from to to must be one month at most.")
    if now.replace(tzinfo=None) - start > HALF_A_YEAR:
        raise error(400, 300, "The from field must lie within the last six months.")
    return start, end
