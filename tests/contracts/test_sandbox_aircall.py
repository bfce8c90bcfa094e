"""The sandbox answers as Aircall does: recorded answers, pages, the ceiling, limits, refusals."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ingestion.sandbox.vendors.aircall import credentials, routes
from ingestion.sandbox.vendors.aircall.limits import CALLS
from tests.contracts.api_specs import fixture, misfits, spec, unlike
from tests.contracts.sandbox_server import (
    Rows,
    Sandbox,
    account,
    activity,
    at,
    contact,
    serve,
    user,
)

SF = "salesforce"
NAMES = ("calls", "users", "numbers", "teams", "tags", "contacts")
GONE = at("2026-11-18 11:00")


def call(number: int, when: str, **values: Any) -> dict[str, Any]:
    """A call that a representative logged ten minutes after it began."""
    logged = at(when) + timedelta(minutes=10)
    made = {"version_at": logged, "created_at": logged, "contact_n": 1}
    return activity(number, SF, "call", when, **{**made, "occurred_at": at(when), **values})


ROWS: Rows = {
    "users": [
        user(1, SF, first_name="Jörg", team_name="DACH"),
        user(2, SF, team_name="DACH"),
        user(2, SF, team_name="DACH", version_at=GONE, is_active=False),
        user(3, SF, team_name="Brasil", region_name="LATAM"),
        user(4, SF, team_name="East", region_name="North America"),
    ],
    "accounts": [
        account(1, SF, "2026-01-01", region_name="EMEA", name="Müller GmbH"),
        account(2, SF, "2026-01-01", region_name="North America"),
    ],
    "contacts": [
        contact(1, SF, "2026-01-02", phone="+49 555 123 4567", first_name="小林"),
        contact(2, SF, "2026-01-03", account_n=2),
        contact(3, SF, "2026-01-04", phone="+49 555 000 0000"),
        contact(3, SF, "2026-01-04", version_at=GONE, is_deleted=True),
        contact(4, SF, "2026-01-05"),
        contact(4, SF, "2026-01-05", version_at=GONE, title="CFO", last_name="Changed"),
    ],
    "activities": [
        call(1, "2026-11-16 09:00", duration_seconds=100),
        call(5, "2026-11-16 12:00", direction="inbound", owner_n=3),
        call(3, "2026-11-17 09:00", duration_seconds=200),
        call(4, "2026-11-17 10:00", outcome="No Answer"),
        call(4, "2026-11-17 10:00", version_at=GONE, is_deleted=True),
        call(6, "2026-11-18 09:58", duration_seconds=300),
        call(7, "2026-11-18 09:00", owner_n=4),
    ],
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(ROWS) as running:
        yield running


@pytest.fixture(scope="module")
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with aircall(sandbox) as client:
        yield client


def aircall(sandbox: Sandbox, token: str = credentials.API_TOKEN) -> httpx.Client:
    url = f"{sandbox.base_url}/aircall/v1"
    return httpx.Client(base_url=url, auth=(credentials.API_ID, token), timeout=20)


def listed(http: httpx.Client, name: str, **params: Any) -> list[dict[str, Any]]:
    found = http.get(f"/{name}", params={"per_page": 50, **params}).raise_for_status().json()
    rows: list[dict[str, Any]] = found[name]
    return rows


@pytest.mark.parametrize("name", NAMES)
def test_records_have_the_fields_of_the_description(http: httpx.Client, name: str) -> None:
    described = fixture("aircall/metadata/schemas.json")["modules"]["root"]["objects"][name]
    kinds = {
        field: {"type": told["providerType"]}
        for field, told in described["fields"].items()
        # The description calls Unix seconds text; the answers have whole numbers.
        if not (name in ("calls", "contacts") and field.endswith("_at"))
    }
    records = listed(http, name)
    assert records
    for record in records:
        assert misfits(record, kinds, {}) == []


@pytest.mark.parametrize("name", [name for name in NAMES if name != "calls"])
def test_answers_are_like_recorded_ones(http: httpx.Client, name: str) -> None:
    recorded = fixture(f"aircall/test/read/{name}/response.json")
    answer = http.get(f"/{name}").json()
    assert unlike(answer["meta"], recorded["meta"]) == []
    for record in answer[name]:
        assert unlike(record, recorded[name][0]) == []


def test_paths_are_those_of_the_specification() -> None:
    paths = spec("aircall/aircall-openapi.yml")["paths"]
    assert {f"/{name}" for name in NAMES} <= set(paths)


def test_calls_tell_both_numbers_and_what_became_of_them(http: httpx.Client) -> None:
    calls = listed(http, "calls")
    own = {number["id"]: number["digits"] for number in listed(http, "numbers")}
    assert all(own[call["number"]["id"]] == call["number"]["digits"] for call in calls)
    assert calls[0]["raw_digits"] == "+495551234567"
    shown = [
        (call["direction"], call["status"], call["missed_call_reason"], call["answered_at"] is None)
        for call in calls
    ]
    assert shown == [
        ("outbound", "done", None, False),
        ("inbound", "done", "agents_did_not_answer", True),
        ("inbound", "done", None, False),
        ("outbound", "done", None, False),
        ("outbound", "done", None, True),
        ("outbound", "done", None, True),
        ("outbound", "answered", None, False),
    ]
    assert timedelta(0) < at("2026-11-16 09:00") - at_seconds(calls[0]["started_at"])


def at_seconds(seconds: int) -> Any:
    return at("1970-01-01") + timedelta(seconds=seconds)


def test_calls_by_time_and_order(http: httpx.Client) -> None:
    def day(text: str) -> int:
        return int(at(text).timestamp())

    assert len(listed(http, "calls", **{"from": day("2026-11-17")})) == 4
    assert len(listed(http, "calls", to=day("2026-11-17"))) == 3
    newest = listed(http, "calls", order="desc")[0]
    assert newest["id"] == 700_000_012


def test_pages_and_links(http: httpx.Client) -> None:
    first = http.get("/calls", params={"per_page": 3}).json()
    assert {key: first["meta"][key] for key in ("count", "total", "current_page")} == {
        "count": 3, "total": 7, "current_page": 1,
    }  # fmt: skip
    second = http.get(first["meta"]["next_page_link"]).json()
    third = http.get(second["meta"]["next_page_link"]).json()
    ids = [call["id"] for page in (first, second, third) for call in page["calls"]]
    assert len(set(ids)) == 7
    assert third["meta"]["next_page_link"] is None
    assert http.get("/calls", params={"per_page": 200}).json()["meta"]["per_page"] == 50


def test_query_ends_at_its_ceiling(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "CEILING", 4)
    second = http.get("/calls", params={"per_page": 3, "page": 2}).json()
    assert (second["meta"]["count"], second["meta"]["next_page_link"]) == (1, None)
    beyond = http.get("/calls", params={"per_page": 3, "page": 3}).json()
    assert (beyond["calls"], beyond["meta"]["total"]) == ([], 7)


def test_call_is_tagged_and_archived_later_and_people_leave() -> None:
    with serve(ROWS) as own, aircall(own) as http:
        before = {call["id"]: call for call in listed(http, "calls")}
        assert [before[700_000_012]["tags"], before[700_000_008]["archived"]] == [[], False]
        assert [len(team["users"]) for team in listed(http, "teams")] == [2, 1]
        own.advance(36 * 3600)
        after = {call["id"]: call for call in listed(http, "calls")}
        assert after[700_000_012]["tags"][0]["name"] == "Pricing"
        assert after[700_000_008]["archived"]
        assert [len(team["users"]) for team in listed(http, "teams")] == [1, 1]
        assert [len(listed(http, name)) for name in ("users", "numbers")] == [2, 2]
        assert http.get("/contacts/40000003").status_code == 404


def test_contacts_by_time_of_change() -> None:
    with serve(ROWS) as own, aircall(own) as http:
        own.advance(2 * 3600)
        found = listed(http, "contacts", order_by="updated_at", order="desc")
        assert [record["last_name"] for record in found] == ["Changed", "Tact1"]
        assert found[1]["company_name"] == "Müller GmbH"


def test_refusals_and_limits(sandbox: Sandbox, http: httpx.Client) -> None:
    with aircall(sandbox, token="wrong") as stranger:
        refused = stranger.get("/calls")
    assert (refused.status_code, refused.json()["error"]) == (401, "Unauthorized")
    assert http.get("/nothing").status_code == 404
    assert http.get("/calls", params={"from": "soon"}).status_code == 400
    headers = http.get("/tags").headers
    assert int(headers["X-AircallApi-Limit"]) == CALLS
    assert int(headers["X-AircallApi-Remaining"]) < CALLS
    assert 0 < int(headers["X-AircallApi-Reset"]) - time.time() <= 60
    sandbox.fault("aircall", "rate_limit", seconds=5)
    limited = http.get("/tags")
    assert (limited.status_code, limited.headers["X-AircallApi-Remaining"]) == (429, "0")
