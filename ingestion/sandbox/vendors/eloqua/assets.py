"""The application API's lists of assets: campaigns, e-mails, forms, e-mail groups."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ingestion.sandbox.replies import VendorError, json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.eloqua.access import USER_ID
from ingestion.sandbox.vendors.eloqua.eloqua_tables import SCHEMA
from ingestion.sandbox.vendors.eloqua.filters import EASTERN, moment
from ingestion.sandbox.world import World

MOST_ROWS = 1_000
DEPTHS = ("minimal", "partial", "complete")
SEARCH = re.compile(r"updatedAt\s*(>=|>)\s*'([^']+)'")
PERMISSIONS = ["Retrieve", "SetSecurity", "Delete", "Update"]
FOLDER = "42"

Record = dict[str, Any]
Search = Annotated[str, Query()]
Count = Annotated[int, Query(ge=1)]


def asset_routes(world: World) -> APIRouter:
    router = APIRouter()
    store = world.store

    def listed(table: str, where: str = "true") -> list[Record]:
        rows = store.current(f"{SCHEMA}.{table}")
        return store.fetch(f"select * from {rows} where {where} order by id").to_dicts()

    @router.get("/2.0/assets/campaigns")
    def campaigns(
        search: Search = "", page: Count = 1, count: Count = MOST_ROWS, depth: str = "minimal"
    ) -> Response:
        activities = store.current(f"{SCHEMA}.activities")
        members = store.fetch(
            f"select campaign_id, count(*) from {activities} where type = 'EmailSend' group by 1"
        )
        sizes: dict[Any, Any] = dict(members.iter_rows())
        found = listed("campaigns", _condition(search))
        return _answer(
            found, lambda row: _campaign(row, sizes.get(row["id"], 0)), page, count, depth
        )

    @router.get("/2.0/assets/emails")
    def emails(
        search: Search = "",
        page: Count = 1,
        count: Count = MOST_ROWS,
        depth: str = "minimal",
        archived: Annotated[bool, Query(alias="includeArchived")] = False,
    ) -> Response:
        shown = "true" if archived else "not archived"
        where = f'not "isDeleted" and {shown} and {_condition(search)}'
        return _answer(listed("emails", where), _email, page, count, depth)

    @router.get("/2.0/assets/forms")
    def forms(
        search: Search = "", page: Count = 1, count: Count = MOST_ROWS, depth: str = "minimal"
    ) -> Response:
        return _answer(listed("forms", _condition(search)), _form, page, count, depth)

    @router.get("/1.0/assets/email/groups")
    def groups(
        search: Search = "", page: Count = 1, count: Count = MOST_ROWS, depth: str = "minimal"
    ) -> Response:
        return _answer(listed("email_groups", _condition(search)), _group, page, count, depth)

    return router


def _condition(search: str) -> str:
    """A search for assets changed since a time, which has no zone and is Eastern time."""
    if not search:
        return "true"
    found = SEARCH.fullmatch(search)
    if found is None:
        raise _invalid("search", search)
    try:
        return f"_from {found.group(1)} {literal(moment(found.group(2), EASTERN))}"
    except ValueError as no_time:
        raise _invalid("search", search) from no_time


def _answer(
    found: list[Record], render: Callable[[Record], Record], page: int, count: int, depth: str
) -> Response:
    if depth not in DEPTHS:
        raise _invalid("depth", depth)
    count = min(count, MOST_ROWS)
    shown = found[(page - 1) * count : page * count]
    return json_reply(
        {
            "elements": [_at_depth(render(row), depth) for row in shown],
            "page": page,
            "pageSize": count,
            "total": len(found),
        }
    )


def _at_depth(record: Record, depth: str) -> Record:
    """What a depth shows; properties without a value are left out."""
    common = ("type", "id", "name", "permissions", "createdAt", "updatedAt", "subject")
    shown = record if depth != "minimal" else {name: record.get(name) for name in common}
    filled = {name: value for name, value in shown.items() if value is not None}
    return {**filled, "depth": depth}


def _asset(kind: str, row: Record, created_at: datetime) -> Record:
    return {
        "type": kind,
        "id": str(row["id"]),
        "name": row["name"],
        "permissions": PERMISSIONS,
        "folderId": FOLDER,
        "createdBy": str(USER_ID),
        "createdAt": _unix(created_at),
        "updatedBy": str(USER_ID),
        "updatedAt": _unix(row["_from"]),
    }


def _campaign(row: Record, members: int) -> Record:
    return {
        **_asset("Campaign", row, row["created_at"]),
        "currentStatus": row["status"],
        "campaignType": row["kind"],
        "campaignCategory": row["category"],
        "region": "APAC",
        "startAt": _unix(row["start_at"]),
        "endAt": _unix(row["end_at"]),
        "firstActivation": None if row["status"] == "Draft" else _unix(row["start_at"]),
        "budgetedCost": None if row["budget"] is None else f"{row['budget']:.2f}",
        "memberCount": str(members),
        "isEmailMarketingCampaign": _flag(row["is_mailing"]),
        "isMemberAllowedReEntry": "false",
        "isReadOnly": "false",
        "isIncludedInROI": _flag(not row["is_mailing"]),
        "isSyncedWithCRM": "false",
    }


def _email(row: Record) -> Record:
    return {
        **_asset("Email", row, row["created_at"]),
        "currentStatus": "Draft",
        "subject": row["subject"],
        "emailGroupId": str(row["group_id"]),
        "senderName": "Meridia Cloud",
        "senderEmail": "news@meridia-cloud.example",
        "replyToEmail": "hello@meridia-cloud.example",
        "htmlContent": {"type": "RawHtmlContent"},
        "isTracked": "true",
        "isPrivate": "false",
        "sendPlainTextOnly": "false",
        "archived": _flag(row["archived"]),
    }


def _form(row: Record) -> Record:
    return {
        **_asset("Form", row, row["created_at"]),
        "currentStatus": "Draft",
        "htmlName": f"form-{row['id']}",
        "processingType": "internallyHosted",
        "isResponsive": "true",
        "isHidden": "false",
        "archived": "false",
        "html": f"<form name='{row['id']}'></form>",
    }


def _group(row: Record) -> Record:
    return {
        **_asset("EmailGroup", row, row["_from"]),
        "createdAt": None,
        "displayName": row["name"],
        "permissions": None,
        "folderId": None,
        "emailIds": [str(number) for number in row["emails"]],
        "isVisibleInPublicSubscriptionList": "true",
        "subscriptionListId": str(200 + row["id"]),
        "unSubscriptionListId": str(300 + row["id"]),
    }


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _unix(at: datetime | None) -> str | None:
    return None if at is None else str(int(at.replace(tzinfo=UTC).timestamp()))


def _invalid(name: str, value: str) -> VendorError:
    """A validation error of the application API."""
    return VendorError(
        400,
        [
            {
                "type": "ObjectValidationError",
                "property": name,
                "requirement": {"type": "ValidationRequirement"},
                "value": value,
            }
        ],
    )
