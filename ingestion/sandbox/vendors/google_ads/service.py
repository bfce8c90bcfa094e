"""Google Ads REST: OAuth token refresh, googleAds:search and googleAds:searchStream."""

import base64
import hmac
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import FormField, JsonBody, VendorError, json_reply
from ingestion.sandbox.tokens import bearer
from ingestion.sandbox.vendors.google_ads import credentials, gaql
from ingestion.sandbox.vendors.google_ads.campaigns import CUSTOMER
from ingestion.sandbox.world import World

PAGE_SIZE = 10_000
ACCOUNT_ZONE = ZoneInfo("America/New_York")


def google_ads_routes(world: World) -> APIRouter:
    """Token endpoint (also under the older path) and the two query methods."""
    router = APIRouter()

    @router.post("/token")
    @router.post("/oauth2/v3/token")
    @router.post("/oauth2/token")
    def token(
        grant_type: FormField = "",
        client_id: FormField = "",
        client_secret: FormField = "",
        refresh_token: FormField = "",
    ) -> Response:
        if grant_type != "refresh_token":
            raise _refusal(400, "unsupported_grant_type", f"Invalid grant_type: {grant_type}")
        known = hmac.compare_digest(client_id, credentials.CLIENT_ID)
        if not known or not hmac.compare_digest(client_secret, credentials.CLIENT_SECRET):
            raise _refusal(401, "invalid_client", "The OAuth client was not found.")
        if not hmac.compare_digest(refresh_token, credentials.REFRESH_TOKEN):
            raise _refusal(400, "invalid_grant", "Token has been expired or revoked.")
        book = world.tokens["google_ads"]
        return json_reply(
            {
                "access_token": book.issue("ya29."),
                "expires_in": int(book.lifetime.total_seconds()),
                "scope": "https://www.googleapis.com/auth/adwords",
                "token_type": "Bearer",
            }
        )

    def check(request: Request) -> None:
        if not world.tokens["google_ads"].is_valid(bearer(request.headers.get("authorization"))):
            raise _error(
                401,
                "UNAUTHENTICATED",
                "Request had invalid authentication credentials.",
            )
        developer = request.headers.get("developer-token", "")
        if not hmac.compare_digest(developer, credentials.DEVELOPER_TOKEN):
            code = "DEVELOPER_TOKEN_PARAMETER_MISSING" if not developer else "INVALID"
            raise _error(
                401 if not developer else 403,
                "UNAUTHENTICATED" if not developer else "PERMISSION_DENIED",
                f"The developer token is missing or not valid: {code}",
            )
        customer = request.path_params["customer"]
        if customer != credentials.CUSTOMER_ID:
            raise _error(
                403,
                "PERMISSION_DENIED",
                "The caller does not have permission: USER_PERMISSION_DENIED",
            )

    def run(order: dict[str, Any]) -> tuple[tuple[gaql.Column, ...], list[dict[str, Any]]]:
        today = world.clock.now().astimezone(ACCOUNT_ZONE).date()
        query = gaql.parse(str(order.get("query", "")), today, world.store)
        rows = gaql.to_json(query.fields, world.store.fetch(query.sql).rows())
        for row in rows:
            _name_resources(row)
        return query.fields, rows

    @router.post(
        "/{version}/customers/{customer}/googleAds:searchStream", dependencies=[Depends(check)]
    )
    def search_stream(order: JsonBody) -> Response:
        fields, rows = run(order)
        batches = [
            {
                "results": rows[start : start + PAGE_SIZE],
                "fieldMask": _mask(fields),
                "requestId": "sandbox",
            }
            for start in range(0, len(rows), PAGE_SIZE)
        ]
        return json_reply(batches)

    @router.post("/{version}/customers/{customer}/googleAds:search", dependencies=[Depends(check)])
    def search(order: JsonBody) -> Response:
        if order.get("pageSize") not in (None, PAGE_SIZE):
            raise gaql.refuse(
                "requestError", "PAGE_SIZE_NOT_SUPPORTED", "Setting the page size is not supported."
            )
        start = _page_start(str(order.get("pageToken") or ""))
        fields, rows = run(order)
        body: dict[str, Any] = {
            "results": rows[start : start + PAGE_SIZE],
            "fieldMask": _mask(fields),
        }
        if start + PAGE_SIZE < len(rows):
            token = base64.urlsafe_b64encode(str(start + PAGE_SIZE).encode("ascii"))
            body["nextPageToken"] = token.decode("ascii")
        return json_reply(body)

    return router


def _mask(fields: tuple[gaql.Column, ...]) -> str:
    parts = (field.name.partition(".") for field in fields)
    return ",".join(f"{gaql.camel(holder)}.{gaql.camel(name)}" for holder, _, name in parts)


def _name_resources(row: dict[str, Any]) -> None:
    """Google names a resource in every row, asked for or not."""
    campaign = row.get("campaign")
    if campaign is not None and "id" in campaign:
        campaign.setdefault("resourceName", f"{CUSTOMER}/campaigns/{campaign['id']}")
    if "customer" in row:
        row["customer"].setdefault("resourceName", CUSTOMER)


def _page_start(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except ValueError as invalid:
        raise gaql.refuse("requestError", "INVALID_PAGE_TOKEN", "bad page token") from invalid


def _refusal(status: int, code: str, description: str) -> VendorError:
    return VendorError(status, {"error": code, "error_description": description})


def _error(status: int, code: str, message: str) -> VendorError:
    return VendorError(
        status, {"error": {"code": status, "message": message, "status": code, "details": []}}
    )
