"""Google Ads: campaigns and daily spend by `searchStream`.

Credentials: OAuth refresh token and developer token. The last 30 days are read again on every run,
since conversions are restated; rows that did not change are not landed again. Cost is in
millionths of the account's currency. Removed campaigns stay, with status REMOVED.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import requests

from ingestion.auth import OAuthToken
from ingestion.entity import VERSION_AT, Page
from ingestion.feed import Feed
from ingestion.http import Patience, VendorClient, VendorError, Verdict, field_of
from ingestion.sources.google_ads.settings import (
    API,
    CAMPAIGN_DAILY,
    CAMPAIGNS,
    HISTORY_START,
    RATE,
    RESTATED,
    TOKEN_PATH,
    Connection,
)

CAMPAIGN_QUERY = (
    "SELECT campaign.id, campaign.name, campaign.status, campaign.advertising_channel_type, "
    "campaign.start_date, campaign.end_date, campaign_budget.amount_micros, "
    "customer.currency_code FROM campaign"
)
DAILY_QUERY = (
    "SELECT campaign.id, segments.date, metrics.cost_micros, metrics.impressions, metrics.clicks, "
    "metrics.conversions, customer.currency_code FROM campaign "
    "WHERE segments.date BETWEEN '{start}' AND '{end}'"
)


def build_source(
    connection: Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """Campaigns, all of them each time, and the daily figures."""
    secrets = tuple(
        value.get_secret_value()
        for value in (
            connection.client_secret,
            connection.refresh_token,
            connection.developer_token,
        )
    )
    client = VendorClient(
        name="google_ads",
        base_url=connection.base_url,
        auth=OAuthToken(
            TOKEN_PATH,
            {
                "grant_type": "refresh_token",
                "client_id": connection.client_id,
                "client_secret": secrets[0],
                "refresh_token": secrets[1],
            },
            extra_headers={"developer-token": secrets[2]},
            secret_values=secrets,
        ),
        rate=RATE,
        patience=patience,
        judge=judge,
    )
    customer = connection.customer_id.replace("-", "")
    yield Feed(CAMPAIGNS, lambda since: read_campaigns(client, customer, clock), complete=True)
    yield Feed(
        CAMPAIGN_DAILY,
        lambda since: read_daily(client, customer, clock, since),
        overlap=RESTATED,
    )


def judge(response: requests.Response) -> Verdict:
    """RESOURCE_EXHAUSTED carries the wait in its body."""
    try:
        details = _error_details(response.json())
    except requests.exceptions.JSONDecodeError:
        return Verdict()
    for detail in details:
        delay = detail.get("retryDelay") or (
            ((detail.get("errors") or [{}])[0].get("details") or {}).get("quotaErrorDetails") or {}
        ).get("retryDelay")
        if delay:
            return Verdict(transient=True, wait_seconds=float(str(delay).rstrip("s")))
    return Verdict()


def _error_details(body: Any) -> list[dict[str, Any]]:
    answer = body[0] if isinstance(body, list) and body else body
    error = answer.get("error") if isinstance(answer, dict) else None
    return list(error.get("details") or []) if isinstance(error, dict) else []


def read_campaigns(
    client: VendorClient, customer: str, clock: Callable[[], datetime]
) -> Iterator[Page]:
    """All campaigns."""
    for results in _stream(client, customer, CAMPAIGN_QUERY):
        yield [
            {
                "id": _at(result, "campaign", "id"),
                "name": _at(result, "campaign", "name"),
                "status": _at(result, "campaign", "status"),
                "advertising_channel_type": _at(result, "campaign", "advertisingChannelType"),
                "start_date": _at(result, "campaign", "startDate"),
                "end_date": _at(result, "campaign", "endDate"),
                "budget_micros": _at(result, "campaignBudget", "amountMicros"),
                "currency_code": _at(result, "customer", "currencyCode"),
                VERSION_AT: clock(),
            }
            for result in results
        ]


def read_daily(
    client: VendorClient,
    customer: str,
    clock: Callable[[], datetime],
    since: datetime | None,
) -> Iterator[Page]:
    """Figures of each day from `since` on, at first year by year from the beginning.

    A day without traffic leaves zeros out or the row itself; zeros are given as zeros.
    """
    end = clock().date() + timedelta(days=1)
    start = since.date() if since is not None else HISTORY_START
    while start <= end:
        stop = min(end, date(start.year, 12, 31))
        for results in _stream(client, customer, DAILY_QUERY.format(start=start, end=stop)):
            yield [
                {
                    "campaign_id": _at(result, "campaign", "id"),
                    "date": _at(result, "segments", "date"),
                    "cost_micros": _at(result, "metrics", "costMicros") or 0,
                    "impressions": _at(result, "metrics", "impressions") or 0,
                    "clicks": _at(result, "metrics", "clicks") or 0,
                    "conversions": _at(result, "metrics", "conversions") or 0.0,
                    "currency_code": _at(result, "customer", "currencyCode"),
                    VERSION_AT: clock(),
                }
                for result in results
            ]
        start = stop + timedelta(days=1)


def _stream(client: VendorClient, customer: str, query: str) -> Iterator[list[Any]]:
    path = f"{API}/customers/{customer}/googleAds:searchStream"
    batches = client.post_json(path, {"query": query})
    if not isinstance(batches, list):
        raise VendorError("google_ads: searchStream did not answer with a list of batches")
    for batch in batches:
        yield field_of(batch, "results", "google_ads: searchStream") if "results" in batch else []


def _at(result: Any, part: str, name: str) -> Any:
    """A field of an answer; fields with their type's zero value are left out by the API."""
    return (result.get(part) or {}).get(name)
