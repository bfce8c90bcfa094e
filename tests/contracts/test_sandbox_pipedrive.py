"""The sandbox answers as Pipedrive does: v2 lists, v1's rest, deletions, merges, conversions."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import httpx
import pytest
import yaml
from pipedrive import client as library
from pipedrive import exceptions

from ingestion.sandbox.vendors.pipedrive import credentials
from ingestion.sandbox.vendors.pipedrive.limits import cost_of
from tests.contracts.sandbox_server import (
    Rows,
    Sandbox,
    account,
    activity,
    at,
    contact,
    lead,
    opportunity,
    serve,
    user,
)
from tests.paths import SHARED_DATA

PD = "pipedrive"
SPECS = SHARED_DATA / "api_specs" / PD
ORG, PERSON, LEAD_PERSON, USER = 100_000, 1_000_000, 5_000_000, 21_000_000
LATAM = {"region_name": "LATAM", "team_name": "Brasil"}
CONVERTED = {
    "status": "Converted", "is_converted": True, "converted_at": at("2026-04-02"),
    "converted_account_n": 1,
}  # fmt: skip
ROWS: Rows = {
    "users": [
        user(1, PD, role="VP", region_name="LATAM", team_name=None),
        user(2, PD, role="Manager", manager_n=1, **LATAM),
        user(3, PD, manager_n=2, **LATAM),
        user(5, "salesforce"),
    ],
    "accounts": [
        *(account(n, PD, f"2026-01-0{n}", region_name="LATAM") for n in range(1, 5)),
        account(2, PD, "2026-07-01", is_deleted=True, merged_into_n=1),
        account(3, PD, "2026-11-01", is_deleted=True),
        account(9, "salesforce", "2026-01-04"),
    ],
    "contacts": [
        contact(1, PD, "2026-02-01", account_n=2),
        contact(7, PD, "2026-04-02", email="lead1@acme.example"),
    ],
    "leads": [
        lead(1, PD, "2026-03-01", lead_source="Website", campaign_n=3),
        lead(1, PD, "2026-04-02", converted_contact_n=7, converted_opportunity_n=2,
             lead_source="Website", campaign_n=3, **CONVERTED),
        lead(2, PD, "2026-03-03", status="Disqualified"),
        lead(3, PD, "2026-03-04"),
        lead(4, PD, "2026-03-05"),
        lead(4, PD, "2026-04-02", converted_contact_n=1, converted_opportunity_n=3, **CONVERTED),
    ],
    "opportunities": [
        opportunity(1, PD, "2026-02-01", account_n=2),
        opportunity(1, PD, "2026-03-01", account_n=2, stage="Proposal", probability=0.5,
                    amount=1500.0, lead_source="Partner"),
        opportunity(1, PD, "2026-08-01", account_n=2, stage="Closed Won", probability=1.0,
                    amount=1500.0, is_closed=True, is_won=True, close_date=date(2026, 8, 1)),
        opportunity(2, PD, "2026-04-02", contact_n=7),
        opportunity(3, PD, "2026-04-02"),
        opportunity(3, PD, "2026-11-10", is_deleted=True),
        opportunity(4, PD, "2026-04-02"),
        opportunity(4, PD, "2026-05-10", is_deleted=True),
        opportunity(17, PD, "2026-04-02", stage="Closed Lost", is_closed=True, loss_reason="Price"),
    ],
    "line_items": [
        {
            "line_item_n": n, "version_at": at("2026-02-01"), "is_deleted": False,
            "created_at": at("2026-02-01"), "opportunity_n": 1, "product_n": 1, "quantity": 2,
            "unit_price": 500.0, "currency_code": "USD", "crm": PD,
        }
        for n in (1, 2)
    ],
    "activities": [
        *(activity(n, PD, "call", "2026-05-01 00:00") for n in range(1, 61)),
        activity(61, PD, "meeting", "2026-05-02 13:30", lead_n=3, account_n=None,
                 duration_seconds=5400),
        activity(62, PD, "call", "2026-05-03"),
        activity(62, PD, "call", "2026-11-17 09:00", is_deleted=True),
    ],
    "products": [
        {"product_n": 1, "name": "Core", "family": "Platform", "code": "C-1", "list_price": 10.0}
    ],
    "quotas": [
        {
            "quota_n": n, "version_at": at("2026-09-20"), "user_n": 3, "month": date(2026, n, 1),
            "amount": 40_000.0, "currency_code": "USD",
        }
        for n in (10, 11)
    ],
    "exchange_rates": [
        {
            "currency_code": code, "start_date": date(2026, 11, 1),
            "next_start_date": date(2026, 12, 1), "units_per_usd": rate,
        }
        for code, rate in (("BRL", 5.0), ("USD", 1.0))
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(ROWS) as running:
        yield running


@pytest.fixture(scope="module")
def pipedrive(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"x-api-token": credentials.API_TOKEN}
    with httpx.Client(base_url=f"{sandbox.base_url}/{PD}", headers=headers, timeout=20) as client:
        yield client


def get(client: httpx.Client, path: str, **params: Any) -> dict[str, Any]:
    body = dict(client.get(path, params=params).raise_for_status().json())
    assert body["success"] is True
    return body


def ids(client: httpx.Client, path: str, **params: Any) -> list[Any]:
    return [record["id"] for record in get(client, path, **params)["data"] or ()]


@cache
def specification(version: str) -> dict[str, Any]:
    file = SPECS / f"pipedrive-{version}-openapi.yml"
    if not file.exists():
        pytest.skip("the vendors' specifications are not here")
    return dict(yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader))


def test_a_wrong_token_is_refused(pipedrive: httpx.Client) -> None:
    answer = pipedrive.get("/api/v2/deals", headers={"x-api-token": "wrong"})
    assert answer.status_code == 401
    assert answer.json()["success"] is False


@pytest.mark.parametrize(
    ("version", "paths"),
    [
        ("v2", ["/deals", "/deals/archived", "/persons", "/organizations", "/activities",
                "/products", "/deals/products", "/stages", "/pipelines", "/dealFields"]),
        ("v1", ["/leads", "/leads/archived", "/users", "/goals/find", "/legacyTeams",
                "/currencies", "/deals/{id}/changelog"]),
    ],
)  # fmt: skip
def test_records_have_the_fields_of_the_specification(
    pipedrive: httpx.Client, version: str, paths: list[str]
) -> None:
    """Every field of the example that Pipedrive publishes is there, and of its JSON type."""
    known = specification(version)["paths"]
    asked = {"/deals/products": {"deal_ids": "1"}, "/goals/find": {"type.name": "deals_won"}}
    optional = {
        "ims", "im", "notes", "birthday", "postal_address", "attendees", "source_lead_id",
        "phone", "org_id", "ui_visibility", "important_fields", "required_fields",
    }  # fmt: skip
    for path in paths:
        content = known[path]["get"]["responses"]["200"]["content"]["application/json"]
        wanted, body = (
            content["example"],
            get(pipedrive, f"/api/{version}{path.replace('{id}', '1')}", **asked.get(path, {})),
        )
        assert set(wanted) <= set(body) | {"additional_data"}, path
        wanted, found = wanted["data"], body["data"]
        if path == "/goals/find":
            wanted, found = wanted["goals"], found["goals"]
        assert set(wanted[0]) - optional <= set(found[0]), path
        for name, value in wanted[0].items():
            shown = next((record[name] for record in found if record.get(name) is not None), None)
            if shown is not None and value is not None and name != "params":
                kinds = (int, float) if isinstance(value, int | float) else type(value)
                assert isinstance(shown, kinds), f"{path}: {name} is {shown!r}, wanted {value!r}"


def test_costs_are_those_of_the_specification() -> None:
    for version, path in (
        ("v2", "/deals"), ("v2", "/deals/archived"), ("v2", "/deals/products"), ("v2", "/stages"),
        ("v2", "/personFields"), ("v2", "/products"), ("v1", "/leads"), ("v1", "/leads/archived"),
        ("v1", "/deals/{id}/changelog"), ("v1", "/recents"), ("v1", "/goals/find"),
    ):  # fmt: skip
        wanted = specification(version)["paths"][path]["get"]["x-token-cost"]
        assert cost_of(f"/pipedrive/api/{version}{path.replace('{id}', '7')}") == wanted, path


def test_v2_lists_go_on_with_an_opaque_cursor(pipedrive: httpx.Client) -> None:
    seen: list[int] = []
    cursor = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        body = get(pipedrive, "/api/v2/activities", limit=25, sort_by="update_time", **more)
        seen += [record["id"] for record in body["data"]]
        cursor = body["additional_data"]["next_cursor"]
        if cursor is None:
            break
        marker = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        assert set(marker) == {"field", "fieldValue", "sortDirection", "id"}
    assert seen == list(range(1, 62))
    for wrong in ({"cursor": "bm9wZQ"}, {"limit": 501}, {"sort_by": "name"}):
        answer = pipedrive.get("/api/v2/activities", params=wrong)
        assert (answer.status_code, answer.json()["success"]) == (400, False)


def test_updated_since_is_inclusive(pipedrive: httpx.Client) -> None:
    since = {"updated_since": "2026-05-02T13:30:00Z"}
    assert ids(pipedrive, "/api/v2/activities", **since) == [61]


def test_deleted_deals_are_shown_on_request_for_thirty_days(pipedrive: httpx.Client) -> None:
    assert ids(pipedrive, "/api/v2/deals") == [1, 2]
    assert ids(pipedrive, "/api/v2/deals", status="deleted") == [3]
    assert ids(pipedrive, "/api/v2/deals", status="open,deleted") == [2, 3]
    assert ids(pipedrive, "/api/v2/deals/archived") == [17]
    assert pipedrive.get("/api/v2/deals", params={"status": "gone"}).status_code == 400


def test_recent_changes_show_what_was_deleted(pipedrive: httpx.Client) -> None:
    body = get(
        pipedrive, "/api/v1/recents", since_timestamp="2026-11-01 00:00:00",
        items="activity,organization",
    )  # fmt: skip
    found = {(change["item"], change["id"]): change["data"] for change in body["data"]}
    assert {key: data["active_flag"] for key, data in found.items()} == {
        ("activity", 62): False,
        ("organization", ORG + 3): False,
    }


def test_a_merge_moves_what_was_linked(pipedrive: httpx.Client) -> None:
    assert ids(pipedrive, "/api/v2/organizations") == [ORG + 1, ORG + 4]
    (deal,) = get(pipedrive, "/api/v2/deals", ids="1")["data"]
    (person,) = get(pipedrive, "/api/v2/persons", ids=str(PERSON + 1))["data"]
    assert deal["org_id"] == person["org_id"] == ORG + 1
    assert person["update_time"] == "2026-07-01T00:00:00Z"


def test_a_converted_lead_lives_on_in_its_deal(pipedrive: httpx.Client) -> None:
    open_leads = get(pipedrive, "/api/v1/leads")["data"]
    archived = get(pipedrive, "/api/v1/leads/archived")["data"]
    (deal,) = get(pipedrive, "/api/v2/deals", ids="2", include_fields="source_lead_id")["data"]
    gone = deal["source_lead_id"]
    assert [record["title"] for record in open_leads] == ["Lee Lead3 lead"]
    assert gone not in {record["id"] for record in [*open_leads, *archived]}
    assert deal["person_id"] == LEAD_PERSON + 1
    fields = {field["field_name"]: field for field in get(pipedrive, "/api/v2/dealFields")["data"]}
    code = fields["Lead created at"]["field_code"]
    assert re.fullmatch(r"[0-9a-f]{40}", code)
    assert deal["custom_fields"][code] == "2026-03-01T00:00:00Z"
    restored = archived[1]
    assert [record["title"] for record in archived] == ["Lee Lead2 lead", "Lee Lead4 lead"]
    converted_at = fields["Lead converted at"]["field_code"]
    assert (code in restored, converted_at in archived[0]) == (True, False)
    assert restored[converted_at] == "2026-04-02T00:00:00Z"


def test_changelog_has_the_newest_change_first(pipedrive: httpx.Client) -> None:
    first = get(pipedrive, "/api/v1/deals/1/changelog", limit=3)
    cursor = first["additional_data"]["next_cursor"]
    rest = get(pipedrive, "/api/v1/deals/1/changelog", cursor=cursor)["data"]
    changes = [*first["data"], *rest]
    assert [c["time"] for c in changes] == sorted((c["time"] for c in changes), reverse=True)
    stages = [(c["old_value"], c["new_value"]) for c in changes if c["field_key"] == "stage_id"]
    status = [(c["old_value"], c["new_value"]) for c in changes if c["field_key"] == "status"]
    assert (stages, status) == ([("1", "3")], [("open", "won")])
    assert pipedrive.get("/api/v1/deals/999/changelog").status_code == 404


def test_v1_says_null_where_there_is_nothing(pipedrive: httpx.Client) -> None:
    body = get(pipedrive, "/api/v1/leads", updated_since="2026-11-18T00:00:00Z")
    assert body["data"] is None
    assert body["additional_data"]["pagination"]["more_items_in_collection"] is False


def test_goals_of_everyone_want_their_type(pipedrive: httpx.Client) -> None:
    assert get(pipedrive, "/api/v1/goals/find")["data"]["goals"] == []
    now = get(pipedrive, "/api/v1/goals/find", **{"type.name": "deals_won"})["data"]["goals"]
    past = {"type.name": "deals_won", "is_active": "false"}
    then = get(pipedrive, "/api/v1/goals/find", **past)["data"]["goals"]
    assert [g["duration"]["end"] for g in (*now, *then)] == ["2026-11-30", "2026-10-31"]
    assert now[0]["assignee"] == {"type": "person", "id": USER + 3}


def test_teams_name_their_manager_and_members(pipedrive: httpx.Client) -> None:
    teams = {team["name"]: team for team in get(pipedrive, "/api/v1/legacyTeams")["data"]}
    assert teams["Brasil"]["users"] == [USER + 2, USER + 3]
    assert teams["Brasil"]["manager_id"] == USER + 2
    assert {team["description"] for team in teams.values()} == {"LATAM"}


def test_answers_tell_burst_and_budget(pipedrive: httpx.Client, sandbox: Sandbox) -> None:
    answer = pipedrive.get("/api/v2/stages")
    again = pipedrive.get("/api/v2/deals")
    assert answer.headers["x-ratelimit-limit"] == "120"
    name = "x-daily-ratelimit-token-remaining"
    assert int(answer.headers[name]) - int(again.headers[name]) == 10
    sandbox.fault(PD, "quota_exhausted")
    spent = pipedrive.get("/api/v2/deals")
    assert (spent.status_code, spent.headers[name]) == (429, "0")


@pytest.fixture
def independent(sandbox: Sandbox) -> library.Client:
    """A client that others wrote, with the token in the address as it wants it."""
    client = library.Client(domain=f"{sandbox.base_url}/{PD}/api/")
    client.set_api_token(credentials.API_TOKEN)
    return client


def test_independent_client_reads_what_v1_has(independent: library.Client) -> None:
    leads = independent.leads.get_all_leads(params={"limit": 1, "start": 0})
    assert [lead["title"] for lead in leads["data"]] == ["Lee Lead3 lead"]
    assert leads["additional_data"]["pagination"]["more_items_in_collection"] is False
    users = independent.users.get_all_users()["data"]
    assert [user["id"] for user in users] == [USER + 1, USER + 2, USER + 3]
    since = {"since_timestamp": "2026-11-01 00:00:00", "items": "deal"}
    recent = independent.recents.get_recent_changes(params=since)["data"]
    assert [(change["id"], change["data"]["deleted"]) for change in recent] == [(3, True)]


def test_independent_client_reads_lists_to_their_end(independent: library.Client) -> None:
    """It knows v1 alone, but the lists of v2 have the same names."""
    independent.BASE_URL = independent.BASE_URL.replace("/v1/", "/v2/")
    seen: list[int] = []
    more: dict[str, Any] = {"limit": 40}
    while more.get("cursor", "first"):
        answer = independent.activities.get_all_activities(params=more)
        seen += [record["id"] for record in answer["data"]]
        more["cursor"] = answer["additional_data"]["next_cursor"]
    assert seen == list(range(1, 62))
    deals = independent.deals.get_all_deals(params={"status": "won"})["data"]
    assert [(deal["id"], deal["value"]) for deal in deals] == [(1, 1500.0)]
    for listed in (
        independent.organizations.get_all_organizations(),
        independent.persons.get_all_persons(),
        independent.products.get_all_products(),
        independent.stages.get_all_stages(),
        independent.pipelines.get_all_pipelines(),
        independent.deals.get_deal_fields(),
    ):
        assert listed["success"] is True
        assert listed["data"]


def test_independent_client_knows_refusals(independent: library.Client, sandbox: Sandbox) -> None:
    with pytest.raises(exceptions.BadRequestError, match="limit is between 1 and 500"):
        independent.leads.get_all_leads(params={"limit": 501})
    sandbox.fault(PD, "rate_limit")
    with pytest.raises(exceptions.TooManyRequestsError):
        independent.users.get_all_users()
    independent.set_api_token("wrong")
    with pytest.raises(exceptions.UnauthorizedError, match="unauthorized access"):
        independent.users.get_all_users()
