"""Faults on demand happen as asked, in the vendor's form, and are counted."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from ingestion.sandbox.vendors.google_ads import credentials
from ingestion.sandbox.vendors.salesforce import ids
from tests.contracts.sandbox_server import Sandbox, account, activity, at, opportunity, serve, user

API = "/services/data/v60.0"
ROWS: dict[str, list[dict[str, Any]]] = {
    "users": [user(1, "salesforce"), user(2, "hubspot")],
    "accounts": [account(n, "salesforce", f"2026-01-{n:02}") for n in range(1, 5)]
    + [account(2, "salesforce", "2026-11-18 10:10", name="Renamed")]
    + [account(3, "salesforce", "2026-11-18 10:20")]
    + [account(20, "hubspot", "2026-01-01"), account(21, "hubspot", "2026-01-02")],
    "opportunities": [opportunity(n, "hubspot", "2026-02-01", account_n=20) for n in range(1, 9)],
    "activities": [activity(n, "salesforce", "call", "2026-05-01") for n in range(1, 301)]
    + [activity(n, "hubspot", "call", "2026-05-01") for n in range(501, 521)],
}
ACCOUNTS = "SELECT Id, Name, AnnualRevenue, SystemModstamp FROM Account ORDER BY Id"
TASKS = "SELECT Id, CallDurationInSeconds FROM Task ORDER BY Id"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with serve(ROWS) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.clear_faults()


@pytest.fixture(scope="module")
def hubspot(running: Sandbox) -> Iterator[httpx.Client]:
    with running.hubspot() as client:
        yield client


@pytest.fixture
def salesforce(running: Sandbox) -> Iterator[httpx.Client]:
    with running.salesforce() as client:
        yield client


def ask(client: httpx.Client, soql: str) -> httpx.Response:
    return client.get(f"{API}/queryAll", params={"q": soql})


def ids_of(answer: httpx.Response) -> list[str]:
    return [record["Id"] for record in answer.raise_for_status().json()["records"]]


def test_rate_limit_says_how_long_to_wait(sandbox: Sandbox, hubspot: httpx.Client) -> None:
    sandbox.fault("hubspot", "rate_limit", times=2, seconds=3)
    refused = [hubspot.get("/crm/v3/owners") for _ in range(2)]
    assert [answer.status_code for answer in refused] == [429, 429]
    assert refused[0].headers["Retry-After"] == "3"
    assert refused[0].json()["policyName"] == "TEN_SECONDLY_ROLLING"
    assert hubspot.get("/crm/v3/owners").status_code == 200


def test_google_says_it_in_the_body(sandbox: Sandbox) -> None:
    with sandbox.google_ads() as client:
        sandbox.fault("google_ads", "rate_limit", seconds=7)
        answer = client.post("/v22/customers/1/googleAds:searchStream", json={"query": ""})
    assert answer.status_code == 429
    [failure] = answer.json()["error"]["details"]
    assert failure["errors"][0]["details"]["quotaErrorDetails"]["retryDelay"] == "7s"


def test_match_and_skip_choose_the_request(sandbox: Sandbox, salesforce: httpx.Client) -> None:
    sandbox.fault("salesforce", "server_error", match="FROM Task", skip=1)
    codes = [ask(salesforce, soql).status_code for soql in (ACCOUNTS, TASKS, TASKS, TASKS)]
    assert codes == [200, 200, 500, 200]


def test_other_vendors_are_not_hit(sandbox: Sandbox, hubspot: httpx.Client) -> None:
    sandbox.fault("salesforce", "down")
    assert hubspot.get("/crm/v3/owners").status_code == 200


def test_down_lasts_until_cleared(sandbox: Sandbox, salesforce: httpx.Client) -> None:
    sandbox.fault("salesforce", "down")
    assert [ask(salesforce, TASKS).status_code for _ in range(3)] == [503, 503, 503]
    sandbox.clear_faults()
    assert ask(salesforce, TASKS).status_code == 200


def test_expired_tokens_need_a_new_login(sandbox: Sandbox, salesforce: httpx.Client) -> None:
    sandbox.fault("salesforce", "token_expiry")
    for _ in range(2):
        answer = ask(salesforce, TASKS)
        assert answer.status_code == 401
        assert answer.json()[0]["errorCode"] == "INVALID_SESSION_ID"
    with sandbox.salesforce() as fresh:
        assert ask(fresh, TASKS).status_code == 200


def test_a_private_app_token_fails_once(sandbox: Sandbox, hubspot: httpx.Client) -> None:
    sandbox.fault("hubspot", "token_expiry")
    answer = hubspot.get("/crm/v3/owners")
    assert (answer.status_code, answer.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert hubspot.get("/crm/v3/owners").status_code == 200


def test_a_used_up_quota_is_told_without_a_wait(
    sandbox: Sandbox, hubspot: httpx.Client, salesforce: httpx.Client
) -> None:
    sandbox.fault("salesforce", "quota_exhausted")
    answer = ask(salesforce, TASKS)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    sandbox.fault("hubspot", "quota_exhausted")
    refused = hubspot.get("/crm/v3/owners")
    assert (refused.status_code, refused.json()["policyName"]) == (429, "DAILY")
    assert "Retry-After" not in refused.headers


def test_a_slow_page_comes_late_but_right(sandbox: Sandbox, hubspot: httpx.Client) -> None:
    sandbox.fault("hubspot", "slow_page", seconds=0.3)
    answer = hubspot.get("/crm/v3/objects/companies")
    assert len(answer.json()["results"]) == 2
    assert answer.elapsed.total_seconds() >= 0.3


def test_a_truncated_page_ends_in_mid_body(sandbox: Sandbox, salesforce: httpx.Client) -> None:
    sandbox.fault("salesforce", "truncated_page", match="FROM Task")
    with pytest.raises(httpx.RemoteProtocolError):
        ask(salesforce, TASKS)
    assert len(ids_of(ask(salesforce, TASKS))) == 300


def test_a_malformed_record_has_text_for_a_number(
    sandbox: Sandbox, salesforce: httpx.Client
) -> None:
    sandbox.fault("salesforce", "malformed_record", match="FROM Account")
    revenues = [record["AnnualRevenue"] for record in ask(salesforce, ACCOUNTS).json()["records"]]
    assert revenues == ["n/a", 2001.0, 3001.5, 4002.0]
    assert ask(salesforce, ACCOUNTS).json()["records"][0]["AnnualRevenue"] == 1000.5


def test_the_broken_field_can_be_named(sandbox: Sandbox, hubspot: httpx.Client) -> None:
    sandbox.fault("hubspot", "malformed_record", field="hs_lastmodifieddate")
    [first, second] = hubspot.get("/crm/v3/objects/companies").json()["results"]
    assert first["properties"]["hs_lastmodifieddate"] == "n/a"
    assert second["properties"]["hs_lastmodifieddate"] == "2026-01-02T00:00:00.000Z"


def test_a_null_key_is_a_record_without_id(
    sandbox: Sandbox, hubspot: httpx.Client, salesforce: httpx.Client
) -> None:
    sandbox.fault("hubspot", "null_key")
    assert hubspot.get("/crm/v3/objects/companies").json()["results"][0]["id"] is None
    sandbox.fault("salesforce", "null_key")
    assert ids_of(ask(salesforce, ACCOUNTS))[0] is None


def test_a_duplicate_comes_twice_and_again_on_the_next_page(
    sandbox: Sandbox, hubspot: httpx.Client
) -> None:
    sandbox.fault("hubspot", "duplicate_record", match="calls")
    first = hubspot.get("/crm/v3/objects/calls", params={"limit": 10}).json()
    second = hubspot.get(
        "/crm/v3/objects/calls", params={"limit": 10, "after": first["paging"]["next"]["after"]}
    ).json()
    last = first["results"][-1]
    assert [record["id"] for record in first["results"]].count(last["id"]) == 2
    assert second["results"][0] == last
    assert len(second["results"]) == 11


def test_a_duplicate_of_a_query_waits_for_the_same_object(
    sandbox: Sandbox, salesforce: httpx.Client
) -> None:
    small = {"Sforce-Query-Options": "batchSize=200"}
    sandbox.fault("salesforce", "duplicate_record", match="FROM Task")
    first = salesforce.get(f"{API}/query", params={"q": TASKS}, headers=small).json()
    assert len(ids_of(ask(salesforce, ACCOUNTS))) == 4
    second = salesforce.get(first["nextRecordsUrl"]).json()
    assert (len(first["records"]), len(second["records"])) == (201, 101)
    assert second["records"][0]["Id"] == first["records"][-1]["Id"]


def test_a_type_change_makes_text_of_a_share_of_numbers(
    sandbox: Sandbox, salesforce: httpx.Client
) -> None:
    sandbox.fault("salesforce", "type_change", match="FROM Task", share=0.5)
    values = [r["CallDurationInSeconds"] for r in ask(salesforce, TASKS).json()["records"]]
    assert values[:4] == ["90 units", 90, "90 units", 90]
    assert sum(isinstance(value, str) for value in values) == 150


def test_bulk_results_are_hit_by_the_object_they_hold(
    sandbox: Sandbox, salesforce: httpx.Client
) -> None:
    sandbox.fault("salesforce", "null_key", match="FROM Task")
    order = {"operation": "query", "query": TASKS}
    job = salesforce.post(f"{API}/jobs/query", json=order).json()["id"]
    salesforce.get(f"{API}/jobs/query/{job}")
    lines = salesforce.get(f"{API}/jobs/query/{job}/results").text.splitlines()
    assert lines[:2] == ['"Id","CallDurationInSeconds"', '"","90"']
    assert len(lines) == 301


def held(client: httpx.Client) -> dict[str, str]:
    records = ask(client, ACCOUNTS).raise_for_status().json()["records"]
    return {record["Name"]: record["SystemModstamp"] for record in records}


def test_a_late_row_appears_behind_what_was_served() -> None:
    with serve(ROWS) as sandbox:
        sandbox.advance(3600)
        with sandbox.salesforce() as client:
            sandbox.fault("salesforce", "late_row", match="FROM Account")
            for _ in range(2):
                shown = held(client)
                assert max(shown.values()) == "2026-11-18T10:20:00.000+0000"
                assert shown["Account 2"] == "2026-01-02T00:00:00.000+0000"
            sandbox.advance(1)
            assert held(client)["Renamed"] == "2026-11-18T10:10:00.000+0000"


def test_a_late_row_can_wait_for_a_number_of_calls() -> None:
    with serve(ROWS) as sandbox:
        sandbox.advance(3600)
        with sandbox.salesforce() as client:
            sandbox.fault("salesforce", "late_row", match="FROM Account", times=2)
            assert ["Renamed" in held(client) for _ in range(3)] == [False, False, True]


def test_a_late_new_record_is_absent_at_first() -> None:
    rows = {**ROWS, "accounts": ROWS["accounts"][:4]}
    with serve(rows) as sandbox, sandbox.salesforce() as client:
        sandbox.fault("salesforce", "late_row", times=1)
        first, second = ids_of(ask(client, ACCOUNTS)), ids_of(ask(client, ACCOUNTS))
        assert set(second) - set(first) == {ids.record_id("001", 3)}


def test_a_late_restatement_of_a_day_shows_the_older_figure() -> None:
    query = "SELECT segments.date, metrics.clicks FROM campaign ORDER BY segments.date"
    days = [
        {
            "campaign_n": 1,
            "date": date(2026, 11, day),
            "version_at": at(version),
            "cost": 1.0,
            "impressions": 9,
            "clicks": clicks,
            "conversions": 0.0,
        }
        for day, version, clicks in [
            (1, "2026-11-02", 1),
            (1, "2026-11-09", 2),
            (2, "2026-11-10", 3),
        ]
    ]
    campaigns = [{"campaign_n": 1, "version_at": at("2026-01-01"), "channel": "Search"}]
    path = f"/v22/customers/{credentials.CUSTOMER_ID}/googleAds:search"
    with serve({"campaigns": campaigns, "campaign_daily": days}) as sandbox:
        sandbox.fault("google_ads", "late_row", match="googleAds:search", times=1)
        with sandbox.google_ads() as client:
            shown = [
                [
                    result["metrics"]["clicks"]
                    for result in client.post(path, json={"query": query}).json()["results"]
                ]
                for _ in range(2)
            ]
    assert shown == [["1", "3"], ["2", "3"]]


def test_status_tells_pending_and_fired(sandbox: Sandbox, hubspot: httpx.Client) -> None:
    sandbox.fault("hubspot", "server_error", times=3)
    assert hubspot.get("/crm/v3/owners").status_code == 500
    status = sandbox.admin.get("/_sandbox/faults").json()
    assert [(fault["kind"], fault["fired"]) for fault in status["pending"]] == [("server_error", 1)]
    assert status["fired"] == {"hubspot.server_error": 1}


@pytest.mark.parametrize(
    "order",
    [
        {"vendor": "myspace", "kind": "down"},
        {"vendor": "hubspot", "kind": "rain"},
        {"vendor": "hubspot", "kind": "down", "colour": "red"},
        {"vendor": "hubspot", "kind": "type_change", "share": 0},
    ],
)
def test_unknown_faults_are_refused(sandbox: Sandbox, order: dict[str, Any]) -> None:
    assert sandbox.admin.post("/_sandbox/faults", json=order).status_code == 400
