"""The sandbox answers as Google Ads does: token refresh, GAQL, int64 as text, restated days."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from ingestion.sandbox.vendors.google_ads import credentials
from tests.contracts.sandbox_server import Sandbox, at, serve

STREAM = f"/v22/customers/{credentials.CUSTOMER_ID}/googleAds:searchStream"
SEARCH = f"/v22/customers/{credentials.CUSTOMER_ID}/googleAds:search"


def campaign(number: int, version: str, **values: Any) -> dict[str, Any]:
    return {
        "campaign_n": number, "version_at": at(version), "name": f"Campaign {number}",
        "channel": "Demand Gen", "status": "Enabled", "start_date": date(2026, 1, 1),
        "budget": 50.5, **values,
    }  # fmt: skip


def day(number: int, when: date, version: str, cost: float, **values: Any) -> dict[str, Any]:
    return {
        "campaign_n": number, "date": when, "version_at": at(version), "cost": cost,
        "impressions": 1000, "clicks": 10, "conversions": 1.5, **values,
    }  # fmt: skip


ROWS: dict[str, list[dict[str, Any]]] = {
    "campaigns": [
        campaign(1, "2026-01-01"),
        campaign(2, "2026-01-01"),
        campaign(2, "2026-10-01", status="Removed", end_date=date(2026, 9, 30)),
        campaign(3, "2026-12-01"),
    ],
    "campaign_daily": [
        day(1, date(2026, 11, 16), "2026-11-17", 10.25),
        day(1, date(2026, 11, 17), "2026-11-18", 20.0),
        day(1, date(2026, 11, 16), "2026-11-18 11:00", 11.0, conversions=2.5),
        day(2, date(2026, 9, 1), "2026-09-02", 5.0),
    ],
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(ROWS) as running:
        yield running


@pytest.fixture(scope="module")
def google(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with sandbox.google_ads() as client:
        yield client


def stream(client: httpx.Client, query: str) -> list[dict[str, Any]]:
    batches = client.post(STREAM, json={"query": query}).raise_for_status().json()
    return [result for batch in batches for result in batch["results"]]


def test_a_wrong_refresh_token_is_refused(sandbox: Sandbox) -> None:
    answer = sandbox.admin.post(
        "/google_ads/token",
        data={
            "grant_type": "refresh_token",
            "client_id": credentials.CLIENT_ID,
            "client_secret": credentials.CLIENT_SECRET,
            "refresh_token": "wrong",
        },
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Authorization": "Bearer wrong"}, 401), ({"developer-token": "wrong"}, 403)],
)
def test_both_tokens_are_needed(google: httpx.Client, headers: dict[str, str], status: int) -> None:
    answer = google.post(
        STREAM, json={"query": "SELECT campaign.id FROM campaign"}, headers=headers
    )
    assert answer.status_code == answer.json()["error"]["code"] == status


def test_campaigns_come_in_camel_case_with_numbers_as_text(google: httpx.Client) -> None:
    results = stream(
        google,
        "SELECT campaign.id, campaign.status, campaign.advertising_channel_type, "
        "campaign.start_date, campaign.end_date, campaign_budget.amount_micros, "
        "customer.currency_code FROM campaign ORDER BY campaign.id",
    )
    assert results[0] == {
        "campaign": {
            "id": "21000000001",
            "resourceName": f"customers/{credentials.CUSTOMER_ID}/campaigns/21000000001",
            "status": "ENABLED",
            "advertisingChannelType": "DEMAND_GEN",
            "startDate": "2026-01-01",
        },
        "campaignBudget": {"amountMicros": "50500000"},
        "customer": {
            "currencyCode": "USD",
            "resourceName": f"customers/{credentials.CUSTOMER_ID}",
        },
    }
    assert [result["campaign"]["status"] for result in results] == ["ENABLED", "REMOVED"]


@pytest.mark.parametrize(
    ("where", "costs"),
    [
        ("segments.date BETWEEN '2026-11-16' AND '2026-11-17'", ["10250000", "20000000"]),
        ("segments.date >= '2026-11-17'", ["20000000"]),
        ("segments.date DURING LAST_30_DAYS", ["10250000", "20000000"]),
        ("segments.date DURING YESTERDAY AND campaign.id = 21000000001", ["20000000"]),
        ("campaign.status IN ('REMOVED') AND segments.date < '2026-10-01'", ["5000000"]),
        ("metrics.cost_micros > 15000000", ["20000000"]),
    ],
)
def test_daily_figures_by_condition(google: httpx.Client, where: str, costs: list[str]) -> None:
    results = stream(
        google,
        "SELECT campaign.id, segments.date, metrics.cost_micros, metrics.conversions "
        f"FROM campaign WHERE {where} ORDER BY segments.date",
    )
    assert [result["metrics"]["costMicros"] for result in results] == costs


def test_metrics_without_a_date_are_sums(google: httpx.Client) -> None:
    results = stream(
        google,
        "SELECT campaign.id, metrics.cost_micros, metrics.clicks FROM campaign "
        "WHERE segments.date >= '2026-11-01'",
    )
    assert [result["metrics"] for result in results] == [{"costMicros": "30250000", "clicks": "20"}]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT campaign.nothing FROM campaign",
        "SELECT campaign.id FROM nothing",
        "SELECT campaign.id",
        "SELECT campaign.id FROM campaign WHERE segments.date = 'soon'",
    ],
)
def test_refused_queries(google: httpx.Client, query: str) -> None:
    answer = google.post(STREAM, json={"query": query})
    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (400, "INVALID_ARGUMENT")
    assert "queryError" in error["details"][0]["errors"][0]["errorCode"]


def test_search_gives_ten_thousand_rows_and_a_page_token() -> None:
    days = [
        day(number, date.fromordinal(739_000 + n), "2026-01-01", 1.0)
        for number in (1, 2)
        for n in range(5_250)
    ]
    query = "SELECT campaign.id, segments.date, metrics.clicks FROM campaign"
    with serve({**ROWS, "campaign_daily": days}) as sandbox, sandbox.google_ads() as client:
        first = client.post(SEARCH, json={"query": query}).json()
        assert len(first["results"]) == 10_000
        token = first["nextPageToken"]
        second = client.post(SEARCH, json={"query": query, "pageToken": token}).json()
        assert len(second["results"]) == 500
        assert "nextPageToken" not in second
        batches = client.post(STREAM, json={"query": query}).json()
        assert [len(batch["results"]) for batch in batches] == [10_000, 500]


def test_a_day_is_restated_when_its_time_has_come() -> None:
    query = (
        "SELECT metrics.cost_micros, segments.date FROM campaign WHERE segments.date = '2026-11-16'"
    )
    with serve(ROWS) as sandbox, sandbox.google_ads() as client:
        assert stream(client, query)[0]["metrics"]["costMicros"] == "10250000"
        sandbox.advance(3599)
        assert stream(client, query)[0]["metrics"]["costMicros"] == "10250000"
    with serve(ROWS, now=at("2026-11-18 11:00")) as sandbox, sandbox.google_ads() as client:
        assert stream(client, query)[0]["metrics"]["costMicros"] == "11000000"
