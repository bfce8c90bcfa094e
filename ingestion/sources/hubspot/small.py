"""HubSpot beyond CRM objects: owners, teams, pipelines, currencies, a deal's history and links."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from ingestion.entity import VERSION_AT, Page, Row
from ingestion.http import VendorClient
from ingestion.sources.hubspot.links import associations, is_primary, labels
from ingestion.sources.hubspot.objects import (
    Clients,
    batch_read,
    gathered,
    pages,
    read_list,
    search,
)
from ingestion.sources.hubspot.settings import (
    ASSOCIATION_ROWS,
    DEAL_ASSOCIATED,
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


def read_deal_associations(
    clients: Clients, deals: CrmObject, since: datetime | None, clock: Clock
) -> Iterator[Page]:
    """The companies and contacts of all deals, or of those that changed."""
    api = clients.api
    found = read_list(api, deals, ()) if since is None else search(clients, deals, (), since)
    for records in gathered(found, ASSOCIATION_ROWS):
        ids = [str(record["id"]) for record in records if record.get("id")]
        for target in DEAL_ASSOCIATED:
            yield [
                {
                    "deal_id": deal_id,
                    "object_type": target,
                    "object_id": link.get("toObjectId"),
                    "labels": json.dumps(labels(link)),
                    "is_primary": is_primary(link),
                    VERSION_AT: clock(),
                }
                for deal_id, links in associations(api, deals.name, target, ids)
                for link in links
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
