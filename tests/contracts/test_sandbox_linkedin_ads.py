"""The sandbox answers as LinkedIn does: versions, finders, pages, analytics by listed fields."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from ingestion.sandbox.vendors.linkedin_ads import credentials, service
from tests.contracts.api_specs import fixture, misfits, properties, spec, unlike
from tests.contracts.sandbox_server import Rows, Sandbox, at, serve

ACCOUNT = f"/adAccounts/{credentials.ACCOUNT_ID}"
ANALYTICS = (
    "/adAnalytics?q=analytics&pivot=CAMPAIGN&timeGranularity=DAILY"
    f"&accounts=List(urn%3Ali%3AsponsoredAccount%3A{credentials.ACCOUNT_ID})"
)
SEPTEMBER = "(start:(year:2026,month:9,day:1),end:(year:2026,month:9,day:30))"
FIELDS = "dateRange,pivotValues,costInLocalCurrency,impressions,clicks,externalWebsiteConversions"


def campaign(number: int, version: str, **values: Any) -> dict[str, Any]:
    return {
        "campaign_n": number, "version_at": at(version), "name": f"営業 {number}",
        "channel": "Search", "status": "Enabled", "start_date": date(2026, 9, 1),
        "end_date": date(2026, 12, 31), "budget": 100.0, **values,
    }  # fmt: skip


def day(number: int, when: date, version: str, **values: Any) -> dict[str, Any]:
    return {
        "campaign_n": number, "date": when, "version_at": at(version), "cost": 250.0,
        "impressions": 9000, "clicks": 400, "conversions": 20.0, **values,
    }  # fmt: skip


ROWS: Rows = {
    "campaigns": [
        campaign(1, "2026-09-01"),
        campaign(2, "2026-09-01"),
        campaign(4, "2026-09-01"),
        campaign(4, "2026-11-18 10:30", status="Removed"),
    ],
    "campaign_daily": [
        day(1, date(2026, 9, 5), "2026-09-06"),
        day(1, date(2026, 9, 6), "2026-09-07", conversions=0.0),
        day(2, date(2026, 9, 5), "2026-09-06"),
        day(4, date(2026, 11, 16), "2026-11-17"),
        day(1, date(2026, 9, 6), "2026-11-18 10:30", conversions=30.0),
    ],
}


def linkedin(sandbox: Sandbox) -> httpx.Client:
    answer = sandbox.admin.post(
        "/linkedin_ads/oauth/v2/accessToken",
        data={
            "grant_type": "refresh_token",
            "client_id": credentials.CLIENT_ID,
            "client_secret": credentials.CLIENT_SECRET,
            "refresh_token": credentials.REFRESH_TOKEN,
        },
    )
    return httpx.Client(
        base_url=f"{sandbox.base_url}/linkedin_ads/rest",
        headers={
            "Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}",
            "Linkedin-Version": "202605",
            "X-Restli-Protocol-Version": "2.0.0",
        },
        timeout=20,
    )


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(ROWS) as running:
        yield running


@pytest.fixture(scope="module")
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with linkedin(sandbox) as client:
        yield client


def elements(http: httpx.Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get(path).raise_for_status().json()["elements"]
    return found


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        (ACCOUNT, "AdAccount"),
        (f"{ACCOUNT}/adCampaignGroups?q=search", "AdCampaignGroup"),
        (f"{ACCOUNT}/adCampaigns?q=search", "AdCampaign"),
    ],
)
def test_records_have_the_fields_of_the_specification(
    http: httpx.Client, path: str, schema: str
) -> None:
    document = spec("linkedin_ads/linkedin-ads-openapi.yml")
    expected = properties(document["components"]["schemas"][schema], document)
    answer = http.get(path).raise_for_status().json()
    records = answer.get("elements", [answer])
    assert records
    for record in records:
        assert misfits(record, expected, document) == []


def test_account_is_like_a_recorded_one(http: httpx.Client) -> None:
    recorded = fixture("linkedin/test/adAccounts.json")["elements"][0]
    assert unlike(http.get(ACCOUNT).json(), recorded) == []


def test_refusals_are_like_a_recorded_one(http: httpx.Client) -> None:
    recorded = fixture("linkedin/test/delete-missing-adAccounts.json")
    assert http.get("/nothing").json() == recorded


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": "Bearer wrong"}, 401, "INVALID_ACCESS_TOKEN"),
        ({"Linkedin-Version": ""}, 400, "VERSION_MISSING"),
        ({"Linkedin-Version": "202401"}, 426, "NONEXISTENT_VERSION"),
        ({"X-Restli-Protocol-Version": ""}, 400, "ILLEGAL_ARGUMENT"),
    ],
)
def test_token_and_both_version_headers_are_needed(
    http: httpx.Client, headers: dict[str, str], status: int, code: str
) -> None:
    answer = http.get(ACCOUNT, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_wrong_secret_buys_no_token(sandbox: Sandbox) -> None:
    form = {"grant_type": "refresh_token", "client_id": credentials.CLIENT_ID, "client_secret": "x"}
    answer = sandbox.admin.post("/linkedin_ads/oauth/v2/accessToken", data=form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_another_account_is_refused(http: httpx.Client) -> None:
    assert http.get("/adAccounts/1").json()["code"] == "ACCESS_DENIED"


def test_lists_come_in_pages_by_token(http: httpx.Client) -> None:
    path = f"{ACCOUNT}/adCampaigns"
    first = http.get(path, params={"q": "search", "pageSize": 3}).json()
    token = first["metadata"]["nextPageToken"]
    second = http.get(path, params={"q": "search", "pageSize": 3, "pageToken": token}).json()
    assert [len(page["elements"]) for page in (first, second)] == [3, 1]
    assert second["metadata"] == {}
    assert http.get(path).json()["code"] == "ILLEGAL_ARGUMENT"


def test_every_third_campaign_is_a_group_of_two_campaigns_with_creatives(
    http: httpx.Client,
) -> None:
    groups = elements(http, f"{ACCOUNT}/adCampaignGroups?q=search")
    assert [group["name"] for group in groups] == ["営業 1 | LinkedIn", "営業 4 | LinkedIn"]
    campaigns = elements(http, f"{ACCOUNT}/adCampaigns?q=search")
    urns = [f"urn:li:sponsoredCampaignGroup:{group['id']}" for group in groups for _ in range(2)]
    assert [campaign["campaignGroup"] for campaign in campaigns] == urns
    creatives = elements(http, f"{ACCOUNT}/creatives?q=criteria")
    of_campaigns = {f"urn:li:sponsoredCampaign:{campaign['id']}" for campaign in campaigns}
    assert {creative["campaign"] for creative in creatives} == of_campaigns


def test_analytics_have_the_listed_fields_of_days_with_figures(http: httpx.Client) -> None:
    days = elements(http, f"{ANALYTICS}&dateRange={SEPTEMBER}&fields={FIELDS}")
    assert [set(day) for day in days] == [set(FIELDS.split(","))] * 4
    assert {day["pivotValues"][0].rpartition(":")[2] for day in days} == {"310000011", "310000012"}
    assert days[0]["dateRange"]["start"] == {"year": 2026, "month": 9, "day": 5}
    assert all(0 < float(day["costInLocalCurrency"]) < 250 for day in days)
    assert set(elements(http, f"{ANALYTICS}&dateRange={SEPTEMBER}")[0]) == {"impressions", "clicks"}
    described = fixture("linkedin/internal/ads/schemas.json")
    known = described["modules"]["ads"]["objects"]["adAnalytics"]["fields"]
    assert set(FIELDS.split(",")) <= set(known)


@pytest.mark.parametrize(
    "query",
    [
        "&fields=impressions",
        f"&dateRange={SEPTEMBER}&fields=impressions,spend",
        "&dateRange=(start:(year:2026,month:2,day:30))",
    ],
)
def test_a_query_that_is_not_understood_is_refused(http: httpx.Client, query: str) -> None:
    answer = http.get(ANALYTICS + query)
    assert (answer.status_code, answer.json()["code"]) == (400, "ILLEGAL_ARGUMENT")


def test_bare_colon_in_a_urn_is_refused(http: httpx.Client) -> None:
    bare = ANALYTICS.replace("%3A", ":") + f"&dateRange={SEPTEMBER}"
    assert http.get(bare).status_code == 400


def test_answer_of_analytics_ends_at_its_ceiling(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "ANALYTICS_ROWS", 3)
    answer = http.get(f"{ANALYTICS}&dateRange={SEPTEMBER}&fields={FIELDS}").json()
    assert len(answer["elements"]) == 3
    assert answer["paging"]["links"] == []


def test_limits_are_named_and_no_wait_is(sandbox: Sandbox, http: httpx.Client) -> None:
    for kind, word in (("rate_limit", "MINUTE"), ("quota_exhausted", "DAY")):
        sandbox.fault("linkedin_ads", kind, times=1)
        answer = http.get(ACCOUNT)
        assert answer.status_code == answer.json()["status"] == 429
        assert word in answer.json()["message"]
        assert "retry-after" not in answer.headers
