"""LinkedIn Ads: campaign groups, campaigns, creatives, and what campaigns cost each day.

Credentials: an app of the Marketing API with a refresh token (scopes r_ads, r_ads_reporting). The
lists are read whole on every run; what is missing from them is deleted, archived campaigns stay.
Ad analytics of the last three days are read on every run, those of the last 90 once a day, since
conversions come late and cost is corrected; rows that did not change are not landed again. An
answer of ad analytics ends at 15,000 rows without a next page: then the days are halved. LinkedIn
publishes no limits and no Retry-After; a day's limit ends at midnight UTC.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests

from ingestion.auth import OAuthToken
from ingestion.entity import VERSION_AT, Page, Row
from ingestion.feed import Feed
from ingestion.http import Patience, VendorClient, VendorError, Verdict, field_of
from ingestion.sources.linkedin_ads.settings import (
    ACCOUNTS,
    ANALYTICS_ROWS,
    API_VERSION,
    CAMPAIGN_DAILY,
    CAMPAIGN_GROUPS,
    CAMPAIGNS,
    CREATIVE_PAGE_ROWS,
    CREATIVES,
    HISTORY_START,
    PAGE_ROWS,
    PROTOCOL_VERSION,
    RATE,
    RECENT,
    RESTATED,
    WINDOW,
    Connection,
)

TOO_MANY_REQUESTS = 429
VERSION_GONE = 426
DAY_IS_OVER = "DAY limit"
ANALYTICS_FIELDS = (
    "dateRange,pivotValues,costInLocalCurrency,impressions,clicks,externalWebsiteConversions,"
    "oneClickLeads"
)

Record = Mapping[str, Any]


def build_source(
    connection: Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """The lists, all of them each time, and the daily figures."""
    secrets = (
        connection.client_secret.get_secret_value(),
        connection.refresh_token.get_secret_value(),
    )
    client = VendorClient(
        name="linkedin_ads",
        base_url=connection.base_url,
        auth=OAuthToken(
            connection.token_url,
            {
                "grant_type": "refresh_token",
                "client_id": connection.client_id,
                "client_secret": secrets[0],
                "refresh_token": secrets[1],
            },
            extra_headers={
                "Linkedin-Version": API_VERSION,
                "X-Restli-Protocol-Version": PROTOCOL_VERSION,
            },
            secret_values=secrets,
        ),
        rate=RATE,
        patience=patience,
        judge=judge,
    )
    account = f"/adAccounts/{connection.account_id}"
    yield Feed(ACCOUNTS, lambda since: read_account(client, account), complete=True)
    yield Feed(
        CAMPAIGN_GROUPS,
        lambda since: read_list(
            client,
            f"{account}/adCampaignGroups",
            _campaign_group,
            finder="search",
            page_rows=PAGE_ROWS,
        ),
        complete=True,
    )
    yield Feed(
        CAMPAIGNS,
        lambda since: read_list(
            client, f"{account}/adCampaigns", _campaign, finder="search", page_rows=PAGE_ROWS
        ),
        complete=True,
    )
    yield Feed(
        CREATIVES,
        lambda since: read_list(
            client,
            f"{account}/creatives",
            _creative,
            finder="criteria",
            page_rows=CREATIVE_PAGE_ROWS,
        ),
        complete=True,
    )
    yield Feed(
        CAMPAIGN_DAILY,
        lambda since: read_daily(client, account, clock, since),
        overlap=RECENT,
        revisit=RESTATED,
    )


def judge(response: requests.Response) -> Verdict:
    """A day's limit is told in words alone; it holds until midnight UTC."""
    if response.status_code == VERSION_GONE:
        return Verdict(meaning=f"LinkedIn no longer offers version {API_VERSION} of its API")
    if response.status_code != TOO_MANY_REQUESTS or DAY_IS_OVER not in response.text:
        return Verdict()
    return Verdict(day_is_over=True, meaning="the calls of this day are used up")


def read_account(client: VendorClient, path: str) -> Iterator[Page]:
    record = client.get_json(path)
    yield [
        {
            **_fields(record, "id", "name", "currency", "type", "status", "reference", "test"),
            **_audited(record),
        }
    ]


def read_list(
    client: VendorClient,
    path: str,
    row: Callable[[Record], Row],
    *,
    finder: str,
    page_rows: int,
) -> Iterator[Page]:
    """All records of a list, whatever their status."""
    params: dict[str, Any] = {"q": finder, "pageSize": page_rows}
    while True:
        answer = client.get_json(path, params)
        yield [row(record) for record in field_of(answer, "elements", f"linkedin_ads: {path}")]
        token = _within(answer, "metadata", "nextPageToken")
        if not token:
            return
        params["pageToken"] = token


def _campaign_group(record: Record) -> Row:
    return {
        **_fields(record, "id", "name", "status"),
        "account_id": _id_of(record.get("account")),
        "budget_currency": _within(record, "totalBudget", "currencyCode"),
        "total_budget": _within(record, "totalBudget", "amount"),
        **_schedule(record),
        **_audited(record),
    }


def _campaign(record: Record) -> Row:
    return {
        **_fields(record, "id", "name", "status", "type"),
        "account_id": _id_of(record.get("account")),
        "campaign_group_id": _id_of(record.get("campaignGroup")),
        "cost_type": record.get("costType"),
        "objective_type": record.get("objectiveType"),
        "budget_currency": _within(record, "dailyBudget", "currencyCode")
        or _within(record, "totalBudget", "currencyCode"),
        "daily_budget": _within(record, "dailyBudget", "amount"),
        "total_budget": _within(record, "totalBudget", "amount"),
        "unit_cost": _within(record, "unitCost", "amount"),
        **_schedule(record),
        **_audited(record),
    }


def _creative(record: Record) -> Row:
    return {
        "id": _id_of(record.get("id")),
        "account_id": _id_of(record.get("account")),
        "campaign_id": _id_of(record.get("campaign")),
        "intended_status": record.get("intendedStatus"),
        "content_reference": _within(record, "content", "reference"),
        "is_serving": record.get("isServing"),
        "created_at": record.get("createdAt"),
        "last_modified_at": record.get("lastModifiedAt"),
        VERSION_AT: record.get("lastModifiedAt"),
    }


def read_daily(
    client: VendorClient, account: str, clock: Callable[[], datetime], since: datetime | None
) -> Iterator[Page]:
    """Figures of each day from `since` on; a year at a time, less where a year is too much."""
    currency = field_of(client.get_json(account), "currency", f"linkedin_ads: {account}")
    urn = quote(f"urn:li:sponsoredAccount:{account.rpartition('/')[2]}", safe="")
    today = clock().date()
    first = since.date() if since is not None else HISTORY_START
    while first <= today:
        last = min(today, first + WINDOW)
        for elements in _analytics(client, urn, first, last):
            yield [_day(element, currency, clock()) for element in elements]
        first = last + timedelta(days=1)


def _analytics(
    client: VendorClient, account_urn: str, first: date, last: date
) -> Iterator[list[Record]]:
    """All figures of the days from `first` to `last`.

    The address is put together here, since brackets, commas and colons of the protocol must not be
    encoded, and those within values must.
    """
    answer = client.get_json(
        "/adAnalytics?q=analytics&pivot=CAMPAIGN&timeGranularity=DAILY"
        f"&accounts=List({account_urn})"
        f"&dateRange=(start:{_day_in_address(first)},end:{_day_in_address(last)})"
        f"&fields={ANALYTICS_FIELDS}"
    )
    elements = field_of(answer, "elements", "linkedin_ads: adAnalytics")
    if len(elements) < ANALYTICS_ROWS:
        yield elements
        return
    if first == last:
        raise VendorError(
            f"linkedin_ads: {first} has {ANALYTICS_ROWS} or more campaigns with figures, more than "
            "LinkedIn gives in an answer; spread the campaigns over several accounts"
        )
    middle = first + (last - first) // 2
    yield from _analytics(client, account_urn, first, middle)
    yield from _analytics(client, account_urn, middle + timedelta(days=1), last)


def _day_in_address(day: date) -> str:
    return f"(year:{day.year},month:{day.month},day:{day.day})"


def _day(element: Record, currency: str, seen_at: datetime) -> Row:
    start = _within(element, "dateRange", "start") or {}
    pivots = element.get("pivotValues") or [None]
    return {
        "campaign_id": _id_of(pivots[0]),
        "date": "-".join(str(start.get(part, "")).zfill(2) for part in ("year", "month", "day")),
        "currency_code": currency,
        "cost": element.get("costInLocalCurrency") or 0,
        "impressions": element.get("impressions") or 0,
        "clicks": element.get("clicks") or 0,
        "external_website_conversions": element.get("externalWebsiteConversions") or 0,
        "one_click_leads": element.get("oneClickLeads") or 0,
        VERSION_AT: seen_at,
    }


def _fields(record: Record, *names: str) -> Row:
    return {name: record.get(name) for name in names}


def _schedule(record: Record) -> Row:
    return {
        "run_start_at": _within(record, "runSchedule", "start"),
        "run_end_at": _within(record, "runSchedule", "end"),
    }


def _audited(record: Record) -> Row:
    stamps = record.get("changeAuditStamps") or {}
    modified = _within(stamps, "lastModified", "time")
    return {
        "created_at": _within(stamps, "created", "time"),
        "last_modified_at": modified,
        VERSION_AT: modified,
    }


def _within(record: Record, part: str, name: str) -> Any:
    return (record.get(part) or {}).get(name)


def _id_of(urn: Any) -> str | None:
    """The number at the end of a URN."""
    return str(urn).rpartition(":")[2] if urn else None
