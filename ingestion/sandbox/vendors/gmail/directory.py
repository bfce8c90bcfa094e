"""The Admin SDK's Directory API: the people of the domain."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import json_reply
from ingestion.sandbox.vendors.gmail import credentials
from ingestion.sandbox.vendors.gmail.access import DIRECTORY, caller_of
from ingestion.sandbox.vendors.gmail.refusals import refused
from ingestion.sandbox.world import World

LARGEST_PAGE = 500
CUSTOMER = "C01sandbox"
Row = dict[str, Any]


def directory_routes(world: World) -> APIRouter:
    router = APIRouter(prefix="/admin/directory/v1")

    @router.get("/users")
    def users(request: Request) -> Response:
        if caller_of(world, request, DIRECTORY).email != credentials.ADMIN_EMAIL:
            raise refused(403, "forbidden", "Not Authorized to access this resource/api")
        asked = request.query_params
        if asked.get("customer") not in ("my_customer", CUSTOMER) and "domain" not in asked:
            raise refused(400, "badRequest", "Bad Request")
        size = min(int(asked.get("maxResults", "100")), LARGEST_PAGE)
        after = asked.get("pageToken", "")
        rows = world.store.fetch(
            f"select * from {world.store.current('gmail.users')} where id > ? "
            f"order by id limit {size + 1}",
            [after],
        ).to_dicts()
        body: Row = {"kind": "admin#directory#users", "etag": '"sandbox"'}
        if rows:
            body["users"] = [_user(row) for row in rows[:size]]
        if len(rows) > size:
            body["nextPageToken"] = rows[size - 1]["id"]
        return json_reply(body)

    return router


def _user(row: Row) -> Row:
    full_name = f"{row['first_name']} {row['last_name']}"
    domain = row["email"].partition("@")[2]
    return {
        "kind": "admin#directory#user",
        "id": row["id"],
        "etag": '"sandbox"',
        "primaryEmail": row["email"],
        "name": {
            "givenName": row["first_name"],
            "familyName": row["last_name"],
            "fullName": full_name,
        },
        "isAdmin": False,
        "isDelegatedAdmin": False,
        "lastLoginTime": "1970-01-01T00:00:00.000Z",
        "creationTime": f"{row['created_at']:%Y-%m-%dT%H:%M:%S}.000Z",
        "agreedToTerms": True,
        "suspended": not row["is_active"],
        "archived": False,
        "changePasswordAtNextLogin": False,
        "ipWhitelisted": False,
        "emails": [{"address": row["email"], "primary": True}],
        "aliases": [f"{row['email'].split('@')[0]}.sales@{domain}"],
        "customerId": CUSTOMER,
        "orgUnitPath": f"/Sales/{row['role']}",
        "isMailboxSetup": True,
        "isEnrolledIn2Sv": True,
        "isEnforcedIn2Sv": True,
        "includeInGlobalAddressList": True,
    }
