"""HubSpot account settings and marketing: owners, teams, pipelines, currencies, e-mails, events."""

import uuid
import zlib
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.hubspot.hubspot_tables import SCHEMA
from ingestion.sandbox.vendors.hubspot.objects import PIPELINE, STAGES
from ingestion.sandbox.vendors.hubspot.paging import page
from ingestion.sandbox.vendors.hubspot.records import INSTANT, error
from ingestion.sandbox.world import World

PROBABILITIES = {
    "Qualification": "0.1",
    "Discovery": "0.25",
    "Proposal": "0.5",
    "Negotiation": "0.75",
    "Closed Won": "1.0",
    "Closed Lost": "0.0",
}
EPOCH = "1970-01-01T00:00:00Z"
COMPANY_CURRENCY = "USD"
PORTAL = 44_000_001
MOST_EVENTS = 1_000
EVENT_SPACE = uuid.UUID("5a9db0c8-0000-4000-8000-000000000000")


def settings_routes(world: World) -> APIRouter:
    """Owners, teams, pipelines, currencies."""
    router = APIRouter()
    store = world.store

    @router.get("/crm/v3/owners")
    @router.get("/crm/v3/owners/")
    def owners(request: Request, limit: int = 100, archived: str = "false") -> Response:
        active = "not is_active" if archived == "true" else "is_active"
        rows = store.fetch(
            f"select id, email, first_name, last_name, user_id, team_name, is_active,"
            f" strftime(created_at, '{INSTANT}Z') as created,"
            f" strftime(_from, '{INSTANT}Z') as updated"
            f" from {store.current(SCHEMA + '.owners')} where {active} order by id"
        )
        return page(request, [_owner(row) for row in rows.to_dicts()], limit, most=500)

    @router.get("/settings/v3/users/teams")
    @router.get("/settings/v3/users/teams/")
    def teams() -> Response:
        rows = store.fetch(
            "select id, user_id, email, team_name, region_name, role, is_active"
            f" from {store.current(SCHEMA + '.owners')} where team_name is not null order by id"
        )
        return json_reply({"results": _teams(rows.to_dicts())})

    @router.get("/crm/v3/pipelines/deals")
    def pipelines() -> Response:
        stages = [
            {
                "label": label,
                "displayOrder": position,
                "metadata": {
                    "isClosed": str(label.startswith("Closed")).lower(),
                    "probability": PROBABILITIES[label],
                },
                "id": stage_id,
                "createdAt": EPOCH,
                "updatedAt": EPOCH,
                "archived": False,
            }
            for position, (label, stage_id) in enumerate(STAGES.items())
        ]
        pipeline = {
            "label": "Sales Pipeline",
            "displayOrder": 0,
            "id": PIPELINE,
            "stages": stages,
            "createdAt": EPOCH,
            "updatedAt": EPOCH,
            "archived": False,
        }
        return json_reply({"results": [pipeline]})

    @router.get("/settings/v3/currencies/exchange-rates")
    def exchange_rates(request: Request, limit: int = 100) -> Response:
        rows = store.fetch(
            "select currency_code, rate, strftime(start_date, '%Y-%m-%dT00:00:00Z') as since"
            f" from {store.current(SCHEMA + '.exchange_rates')}"
            f" where currency_code <> '{COMPANY_CURRENCY}' order by start_date, currency_code"
        )
        rates = [
            {
                "id": str(zlib.crc32(f"{row['currency_code']} {row['since']}".encode())),
                "fromCurrencyCode": row["currency_code"],
                "toCurrencyCode": COMPANY_CURRENCY,
                "conversionRate": row["rate"],
                "effectiveAt": row["since"],
                "visibleInUI": True,
                "createdAt": row["since"],
                "updatedAt": row["since"],
            }
            for row in rows.to_dicts()
        ]
        return page(request, rates, limit, most=100)

    return router


def marketing_routes(world: World) -> APIRouter:
    """Marketing e-mails and the legacy event log."""
    router = APIRouter()
    store = world.store

    @router.get("/marketing/v3/emails")
    @router.get("/marketing/v3/emails/")
    def emails(request: Request, limit: int = 10) -> Response:
        rows = store.fetch(
            f"select id, name, subject, strftime(sent_at, '%Y-%m-%dT%H:%M:%SZ') as sent"
            f" from {store.current(SCHEMA + '.email_campaigns')} order by sent_at, id"
        )
        return page(request, [_email(row) for row in rows.to_dicts()], limit, most=300)

    @router.get("/email/public/v1/events")
    def events(
        limit: int = 10,
        offset: str = "",
        start: Annotated[int, Query(alias="startTimestamp")] = 0,
        end: Annotated[int | None, Query(alias="endTimestamp")] = None,
        campaign: Annotated[int | None, Query(alias="campaignId")] = None,
        recipient: str = "",
        kind: Annotated[str, Query(alias="eventType")] = "",
    ) -> Response:
        if not 1 <= limit <= MOST_EVENTS:
            raise error(400, f"limit {limit}: between 1 and {MOST_EVENTS} is allowed")
        where = [f"occurred_at >= {literal(_instant(start))}"]
        if end is not None:
            where.append(f"occurred_at < {literal(_instant(end))}")
        if campaign is not None:
            where.append(f"email_campaign_id = {campaign}")
        if recipient:
            where.append(f"recipient = {literal(recipient)}")
        if kind:
            where.append(f"type = {literal(kind)}")
        if offset:
            at, number = _offset(offset)
            where.append(f"(occurred_at, event_n) < ({literal(_instant(at))}, {number})")
        rows = store.fetch(
            "select event_n, email_campaign_id, recipient, type, epoch_ms(occurred_at) as created"
            f" from (select * from {store.current(SCHEMA + '.email_events')}"
            f" where {' and '.join(where)}"
            f" order by occurred_at desc, event_n desc limit {limit + 1})"
            " order by occurred_at desc, event_n desc"
        )
        shown = rows.head(limit).rows()
        last = f"{shown[-1][4]}-{shown[-1][0]}" if shown else offset
        body = {
            "hasMore": rows.height > limit,
            "offset": last,
            "events": [
                {
                    "appId": 113,
                    "appName": "Batch",
                    "id": _event_id(number),
                    "created": created,
                    "emailCampaignId": campaign_id,
                    "recipient": address,
                    "type": event_type,
                    "portalId": PORTAL,
                }
                for number, campaign_id, address, event_type, created in shown
            ],
        }
        return json_reply(body)

    return router


def _email(row: dict[str, Any]) -> dict[str, Any]:
    """A marketing e-mail; what it looks like is left out."""
    return {
        "id": row["id"],
        "name": row["name"],
        "subject": row["subject"],
        "type": "BATCH_EMAIL",
        "subcategory": "batch",
        "state": "PUBLISHED",
        "isPublished": True,
        "isTransactional": False,
        "isAb": False,
        "archived": False,
        "publishDate": row["sent"],
        "createdAt": row["sent"],
        "createdById": "40000001",
        "updatedAt": row["sent"],
        "updatedById": "40000001",
        "primaryEmailCampaignId": row["id"],
        "allEmailCampaignIds": [row["id"]],
        "activeDomain": "www.revlake.example",
        "businessUnitId": "0",
        "emailTemplateMode": "DRAG_AND_DROP",
        "jitterSendTime": True,
        "language": "en",
        "previewKey": "preview",
        "sendOnPublish": True,
        "content": {},
        "from": {},
        "to": {},
        "subscriptionDetails": {},
        "webversion": {},
    }


def _event_id(number: int) -> str:
    return str(uuid.UUID(int=EVENT_SPACE.int + number))


def _instant(timestamp: int) -> datetime:
    return datetime.fromtimestamp(timestamp / 1000, UTC)


def _offset(text: str) -> tuple[int, int]:
    at, _, number = text.partition("-")
    if not (at.isdigit() and number.isdigit()):
        raise error(400, f"Invalid offset: {text}")
    return int(at), int(number)


def _team_id(name: str) -> str:
    return str(10_000_000 + zlib.crc32(name.encode("utf-8")) % 89_999_999)


def _owner(row: dict[str, Any]) -> dict[str, Any]:
    owner: dict[str, Any] = {
        "id": row["id"],
        "email": row["email"],
        "type": "PERSON",
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "userId": int(row["user_id"]) if row["is_active"] else None,
        "userIdIncludingInactive": int(row["user_id"]),
        "createdAt": row["created"],
        "updatedAt": row["updated"],
        "archived": not row["is_active"],
    }
    if row["team_name"]:
        owner["teams"] = [
            {
                "id": _team_id(row["team_name"]),
                "name": row["team_name"],
                "primary": True,
            }
        ]
    return owner


def _teams(owners: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Teams of the owners; region, manager and member owners are this account's additions."""
    teams: dict[str, dict[str, Any]] = {}
    for owner in owners:
        team = teams.setdefault(
            owner["team_name"],
            {
                "id": _team_id(owner["team_name"]),
                "name": owner["team_name"],
                "userIds": [],
                "secondaryUserIds": [],
                "region": owner["region_name"],
                "managerOwnerId": None,
                "managerEmail": None,
                "memberOwnerIds": [],
            },
        )
        if owner["is_active"]:
            team["userIds"].append(owner["user_id"])
            team["memberOwnerIds"].append(owner["id"])
            if owner["role"] in ("Manager", "VP"):
                team["managerOwnerId"] = owner["id"]
                team["managerEmail"] = owner["email"]
    return list(teams.values())
