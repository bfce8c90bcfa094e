"""LinkedIn Marketing API, versioned: token refresh, the account and what is in it, ad analytics."""

import base64
import hmac
import re
from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import FormField, VendorError, json_reply
from ingestion.sandbox.store import VersionTable
from ingestion.sandbox.tokens import bearer
from ingestion.sandbox.vendors.linkedin_ads import credentials, records
from ingestion.sandbox.vendors.linkedin_ads.linkedin_tables import (
    CAMPAIGNS,
    CREATIVES,
    DAILY,
    GROUPS,
)
from ingestion.sandbox.vendors.linkedin_ads.refusals import error
from ingestion.sandbox.world import World

ANALYTICS_ROWS = 15_000
MOST_FIELDS = 20
DEFAULT_FIELDS = "impressions,clicks"
FIRST_VERSION, LAST_VERSION = 202512, 202611
YEAR_MONTH_DAY = r"\(year:(\d+),month:(\d+),day:(\d+)\)"
DATE_RANGE = re.compile(rf"\(start:{YEAR_MONTH_DAY}(?:,end:{YEAR_MONTH_DAY})?\)")

PageSize = Annotated[int, Query(alias="pageSize", ge=1, le=1000)]
PageToken = Annotated[str, Query(alias="pageToken")]
DateRange = Annotated[str, Query(alias="dateRange")]


def linkedin_ads_routes(world: World) -> APIRouter:
    """Token endpoint and the versioned REST resources."""
    router = APIRouter()

    @router.post("/oauth/v2/accessToken")
    def token(
        grant_type: FormField = "",
        client_id: FormField = "",
        client_secret: FormField = "",
        refresh_token: FormField = "",
    ) -> Response:
        if grant_type != "refresh_token":
            raise _login_error(400, "invalid_request", "grant_type is not supported")
        known = hmac.compare_digest(client_id, credentials.CLIENT_ID)
        if not known or not hmac.compare_digest(client_secret, credentials.CLIENT_SECRET):
            raise _login_error(401, "invalid_client", "Client authentication failed")
        if not hmac.compare_digest(refresh_token, credentials.REFRESH_TOKEN):
            raise _login_error(400, "invalid_grant", "The provided refresh token is invalid")
        book = world.tokens["linkedin_ads"]
        return json_reply(
            {
                "access_token": book.issue("AQX"),
                "expires_in": int(book.lifetime.total_seconds()),
                "refresh_token": credentials.REFRESH_TOKEN,
                "refresh_token_expires_in": 31_536_000,
                "scope": "r_ads,r_ads_reporting",
            }
        )

    def check(request: Request) -> None:
        token = bearer(request.headers.get("authorization"))
        book = world.tokens["linkedin_ads"]
        if not book.is_valid(token):
            if book.is_known(token):
                raise error(401, "EXPIRED_ACCESS_TOKEN", "The token used has expired", 65601)
            raise error(401, "INVALID_ACCESS_TOKEN", "Invalid access token", 65600)
        _check_versions(request)
        asked = request.path_params.get("account", credentials.ACCOUNT_ID)
        if asked != credentials.ACCOUNT_ID:
            raise error(403, "ACCESS_DENIED", "Not enough permissions to access: account", 100)

    checked = [Depends(check)]

    @router.get("/rest/adAccounts/{account}", dependencies=checked)
    def account() -> Response:
        return json_reply(records.account())

    def listed(
        table: VersionTable, shape: Callable[[records.Record], records.Record], finder: str
    ) -> Callable[..., Response]:
        def answer(q: str = "", page_size: PageSize = 100, page_token: PageToken = "") -> Response:
            if q != finder:
                raise error(400, "ILLEGAL_ARGUMENT", f"No finder named '{q}'")
            start = _page_start(page_token)
            rows = world.store.fetch(
                f"select * from {world.store.current(table.path)}"
                f" order by id limit {page_size + 1} offset {start}"
            ).rows(named=True)
            metadata = {}
            if len(rows) > page_size:
                token = base64.urlsafe_b64encode(str(start + page_size).encode("ascii"))
                metadata = {"nextPageToken": token.decode("ascii")}
            elements = [shape(row) for row in rows[:page_size]]
            return json_reply({"metadata": metadata, "elements": elements})

        return answer

    for name, table, shape, finder in (
        ("adCampaignGroups", GROUPS, records.campaign_group, "search"),
        ("adCampaigns", CAMPAIGNS, records.campaign, "search"),
        ("creatives", CREATIVES, records.creative, "criteria"),
    ):
        router.add_api_route(
            f"/rest/adAccounts/{{account}}/{name}",
            listed(table, shape, finder),
            methods=["GET"],
            dependencies=checked,
        )

    @router.get("/rest/adAnalytics", dependencies=checked)
    def analytics(
        request: Request,
        q: str = "",
        pivot: str = "",
        timeGranularity: str = "",  # noqa: N803 - the API's name
        accounts: str = "",
        date_range: DateRange = "",
        fields: str = DEFAULT_FIELDS,
    ) -> Response:
        if (q, pivot, timeGranularity) != ("analytics", "CAMPAIGN", "DAILY"):
            raise error(400, "ILLEGAL_ARGUMENT", "Only analytics of campaigns by day are simulated")
        # Parts of an address are read before they are decoded: a bare colon would end the URN.
        if "List(urn:" in request.url.query or accounts != f"List({records.ACCOUNT_URN})":
            raise error(400, "ILLEGAL_ARGUMENT", "Invalid value for parameter accounts")
        first, last = _days(date_range, world.clock.now().date())
        rows = world.store.fetch(
            f"select * from {world.store.current(DAILY.path)}"
            f" where date between ? and ? order by date, campaign_id limit {ANALYTICS_ROWS}",
            [first, last],
        ).rows(named=True)
        wanted = _fields(fields)
        elements = [{name: records.day(row)[name] for name in wanted} for row in rows]
        return json_reply({"paging": {"start": 0, "count": 10, "links": []}, "elements": elements})

    return router


def _check_versions(request: Request) -> None:
    version = request.headers.get("linkedin-version", "")
    if not version:
        raise error(
            400, "VERSION_MISSING", "A version must be present: add the LinkedIn-Version header."
        )
    if not re.fullmatch(r"\d{6}", version) or not FIRST_VERSION <= int(version) <= LAST_VERSION:
        raise error(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")
    if request.headers.get("x-restli-protocol-version") != "2.0.0":
        raise error(400, "ILLEGAL_ARGUMENT", "Invalid query parameters passed to request")


def _days(date_range: str, today: date) -> tuple[date, date]:
    found = DATE_RANGE.fullmatch(date_range)
    if found is None:
        raise error(400, "ILLEGAL_ARGUMENT", "Invalid value for parameter dateRange")
    numbers = [int(part) for part in found.groups() if part is not None]
    try:
        return date(*numbers[:3]), date(*numbers[3:]) if numbers[3:] else today
    except ValueError as invalid:
        raise error(400, "ILLEGAL_ARGUMENT", "Invalid date in dateRange") from invalid


def _fields(fields: str) -> list[str]:
    wanted = fields.split(",")
    if len(wanted) > MOST_FIELDS or not set(wanted) <= records.DAY_FIELDS:
        raise error(400, "ILLEGAL_ARGUMENT", "Invalid value for parameter fields")
    return wanted


def _page_start(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except ValueError as invalid:
        raise error(400, "ILLEGAL_ARGUMENT", "Invalid page token") from invalid


def _login_error(status: int, code: str, description: str) -> VendorError:
    return VendorError(status, {"error": code, "error_description": description})
