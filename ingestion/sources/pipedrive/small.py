"""Small lists of Pipedrive, read whole on every run."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ingestion.entity import VERSION_AT, Entity, Page, Row
from ingestion.http import VendorClient
from ingestion.sources.pipedrive.calls import cursor_pages, data_of, listed
from ingestion.sources.pipedrive.fields import FieldBook, as_json, read_fields
from ingestion.sources.pipedrive.objects import as_row
from ingestion.sources.pipedrive.settings import CURRENCIES, PRODUCTS

Clock = Callable[[], datetime]
TEAMS_PATH = "/api/v1/legacyTeams"


def read_list(client: VendorClient, path: str, entity: Entity) -> Iterator[Page]:
    """A list of v2 whose records are the entity's rows."""
    for page in cursor_pages(client, path, {}):
        yield [as_row(record, entity.columns.names, FieldBook()) for record in page]


def read_products(client: VendorClient) -> Iterator[Page]:
    """Products; the first price is the one in the account's own currency."""
    book = read_fields(client, "productFields", PRODUCTS)
    for page in cursor_pages(client, "/api/v2/products", {}):
        yield [
            {
                **as_row(record, PRODUCTS.columns.names, book),
                **{name: _first(record.get("prices")).get(name) for name in ("price", "currency")},
            }
            for record in page
        ]


def _first(prices: Any) -> Mapping[str, Any]:
    return next((price for price in prices or () if isinstance(price, dict)), {})


def read_users(client: VendorClient) -> Iterator[Page]:
    """People with a login, those without one any more too. Users do not name their teams, teams
    name their users."""
    teams: dict[Any, Mapping[str, Any]] = {}
    for team in sorted(listed(client, TEAMS_PATH), key=lambda team: int(team.get("id") or 0)):
        for member in team.get("users") or ():
            teams.setdefault(member, team)
    yield [_user(user, teams.get(user.get("id"), {})) for user in listed(client, "/api/v1/users")]


def _user(user: Mapping[str, Any], team: Mapping[str, Any]) -> Row:
    own = (
        "id name email role_id timezone_name default_currency active_flag is_deleted"
        " created modified"
    )
    return {
        **{name: user.get(name) for name in own.split()},
        "team_id": team.get("id"),
        "team_name": team.get("name"),
        "manager_id": team.get("manager_id"),
        VERSION_AT: user.get("modified") or user.get("created"),
    }


def read_teams(client: VendorClient, clock: Clock) -> Iterator[Page]:
    yield [
        {
            **{name: team.get(name) for name in ("id", "name", "description", "manager_id")},
            "active_flag": team.get("active_flag"),
            "deleted_flag": team.get("deleted_flag"),
            "user_ids": json.dumps(sorted(str(member) for member in team.get("users") or ())),
            VERSION_AT: clock(),
        }
        for team in listed(client, TEAMS_PATH)
    ]


def read_goals(client: VendorClient, clock: Clock) -> Iterator[Page]:
    """Everyone's revenue goals, those of the past too."""
    path = "/api/v1/goals/find"
    for is_active in ("true", "false"):
        asked = {"type.name": "deals_won", "is_active": is_active}
        found = data_of(client.get_json(path, asked), path) or {}
        yield [_goal(goal, clock()) for goal in found.get("goals") or ()]


def _goal(goal: Mapping[str, Any], read_at: datetime) -> Row:
    kind, assignee = goal.get("type") or {}, goal.get("assignee") or {}
    period, outcome = goal.get("duration") or {}, goal.get("expected_outcome") or {}
    return {
        "id": goal.get("id"),
        "title": goal.get("title"),
        "owner_id": goal.get("owner_id"),
        "type_name": kind.get("name"),
        "pipeline_ids": as_json((kind.get("params") or {}).get("pipeline_id")),
        "assignee_type": assignee.get("type"),
        "assignee_id": assignee.get("id"),
        "interval": goal.get("interval"),
        "tracking_metric": outcome.get("tracking_metric"),
        "currency_id": outcome.get("currency_id"),
        "target": outcome.get("target"),
        "is_active": goal.get("is_active"),
        "starts_on": period.get("start"),
        "ends_on": period.get("end"),
        VERSION_AT: read_at,
    }


def read_currencies(client: VendorClient, clock: Clock) -> Iterator[Page]:
    yield [
        {
            **{name: currency.get(name) for name in CURRENCIES.columns.names},
            VERSION_AT: clock(),
        }
        for currency in listed(client, "/api/v1/currencies")
    ]
