"""HubSpot beyond CRM objects: owners, teams, pipelines, currencies, e-mail, deal history."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from ingestion.entity import VERSION_AT, Page, Row
from ingestion.http import VendorClient, field_of
from ingestion.sources.hubspot.objects import Clients, batch_read, pages, read_list, search
from ingestion.sources.hubspot.settings import (
    EVENT_ROWS,
    HISTORY_PROPERTIES,
    HISTORY_ROWS,
    LIST_ROWS,
    CrmObject,
)

Clock = Callable[[], datetime]


def read_deal_history(clients: Clients, deals: CrmObject, since: datetime | None) -> Iterator[Page]:
    """The history of all deals at first, later of deals that changed.

    A changed deal's history is read whole: the log knows which of it is news.
    """
    api = clients.api
    if since is None:
        for page in read_list(api, deals, (), history=HISTORY_PROPERTIES, limit=HISTORY_ROWS):
            yield _changes(page)
        return
    for found in search(clients, deals, (), since):
        ids = [str(record["id"]) for record in found]
        for page in batch_read(api, deals, ids, history=HISTORY_PROPERTIES, limit=HISTORY_ROWS):
            yield _changes(page)


def _changes(records: list[Any]) -> list[Row]:
    return [
        {
            "deal_id": record.get("id"),
            "property": name,
            "value": change.get("value"),
            "changed_at": change.get("timestamp"),
            "source_type": change.get("sourceType"),
            VERSION_AT: change.get("timestamp"),
        }
        for record in records
        for name, changes in (record.get("propertiesWithHistory") or {}).items()
        if name in HISTORY_PROPERTIES
        for change in changes
    ]


def read_owners(client: VendorClient) -> Iterator[Page]:
    """Owners, also those who left."""
    for archived in ("false", "true"):
        params = {"limit": LIST_ROWS, "archived": archived}
        for page in pages(client, "/crm/v3/owners", params):
            yield [_owner(owner) for owner in page]


def _owner(owner: dict[str, Any]) -> Row:
    teams = sorted(owner.get("teams") or [], key=lambda team: not team.get("primary"))
    return {
        "id": owner.get("id"),
        "email": owner.get("email"),
        "first_name": owner.get("firstName"),
        "last_name": owner.get("lastName"),
        "user_id": owner.get("userId"),
        "team_name": teams[0].get("name") if teams else None,
        "archived": owner.get("archived"),
        "created_at": owner.get("createdAt"),
        "updated_at": owner.get("updatedAt"),
        VERSION_AT: owner.get("updatedAt"),
    }


def read_teams(client: VendorClient, clock: Clock) -> Iterator[Page]:
    """Teams; region, manager and members are there where the account gives them."""
    for page in pages(client, "/settings/v3/users/teams", {}):
        yield [
            {
                "id": team.get("id"),
                "name": team.get("name"),
                "region": team.get("region"),
                "manager_owner_id": team.get("managerOwnerId"),
                "member_owner_ids": json.dumps(
                    sorted(str(member) for member in team.get("memberOwnerIds") or [])
                ),
                VERSION_AT: clock(),
            }
            for team in page
        ]


def read_pipelines(client: VendorClient, clock: Clock) -> Iterator[Page]:
    """Deal pipelines."""
    for page in pages(client, "/crm/v3/pipelines/deals", {}):
        yield [
            {
                "id": pipeline.get("id"),
                "label": pipeline.get("label"),
                "display_order": pipeline.get("displayOrder"),
                VERSION_AT: pipeline.get("updatedAt") or clock(),
            }
            for pipeline in page
        ]


def read_stages(client: VendorClient, clock: Clock) -> Iterator[Page]:
    """Stages of all deal pipelines. HubSpot knows no 'won': closed with certainty is won."""
    for page in pages(client, "/crm/v3/pipelines/deals", {}):
        yield [_stage(pipeline, stage, clock) for pipeline in page for stage in pipeline["stages"]]


def _stage(pipeline: dict[str, Any], stage: dict[str, Any], clock: Clock) -> Row:
    about = stage.get("metadata") or {}
    is_closed = str(about.get("isClosed")).lower() == "true"
    return {
        "pipeline_id": pipeline.get("id"),
        "id": stage.get("id"),
        "label": stage.get("label"),
        "display_order": stage.get("displayOrder"),
        "probability": about.get("probability"),
        "is_closed": is_closed,
        "is_won": is_closed and str(about.get("probability")) in ("1", "1.0"),
        VERSION_AT: stage.get("updatedAt") or clock(),
    }


def read_exchange_rates(client: VendorClient, clock: Clock) -> Iterator[Page]:
    """Exchange rates with the time from which they hold."""
    for page in pages(client, "/settings/v3/currencies/exchange-rates", {"limit": LIST_ROWS}):
        yield [
            {
                "id": rate.get("id"),
                "from_currency_code": rate.get("fromCurrencyCode"),
                "to_currency_code": rate.get("toCurrencyCode"),
                "conversion_rate": rate.get("conversionRate"),
                "effective_at": rate.get("effectiveAt"),
                VERSION_AT: clock(),
            }
            for rate in page
        ]


def read_email_campaigns(client: VendorClient, clock: Clock) -> Iterator[Page]:
    """Marketing e-mails."""
    for page in pages(client, "/marketing/v3/emails", {"limit": LIST_ROWS}):
        yield [
            {
                "id": email.get("id"),
                "name": email.get("name"),
                "subject": email.get("subject"),
                "sent_at": email.get("publishDate"),
                VERSION_AT: email.get("updatedAt") or clock(),
            }
            for email in page
        ]


def read_email_events(client: VendorClient, since: datetime | None) -> Iterator[Page]:
    """Events of marketing e-mails from a time on; the newest come first."""
    path = "/email/public/v1/events"
    params: dict[str, Any] = {"limit": EVENT_ROWS}
    if since is not None:
        params["startTimestamp"] = int(since.timestamp() * 1000)
    while True:
        answer = client.get_json(path, params)
        yield [
            {
                "id": event.get("id"),
                "email_campaign_id": event.get("emailCampaignId"),
                "recipient": event.get("recipient"),
                "type": event.get("type"),
                "created": event.get("created"),
                VERSION_AT: event.get("created"),
            }
            for event in field_of(answer, "events", f"hubspot: {path}")
        ]
        if not answer.get("hasMore"):
            return
        params["offset"] = field_of(answer, "offset", f"hubspot: {path}")
