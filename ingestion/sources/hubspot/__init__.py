"""HubSpot: lists for first loads, search for what changed, with a private app's token.

Deletes: the list of archived records (kept 90 days) and `hs_merged_object_ids`; companies, contacts
and deals that are gone without a trace are missed when all are read again. Cursor: the modification
time. Associations alone do not move it: once a day all deals are read again, and the activities of
the last 30 days. Limits: 190 calls in 10 s, 5 searches a second, 10,000 records a search.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

import requests

from ingestion.auth import BearerToken
from ingestion.entity import Entity, Page
from ingestion.feed import Feed
from ingestion.http import Allowance, DayLeft, Patience, Rate, VendorClient, Verdict
from ingestion.sources.hubspot import marketing, settings, small
from ingestion.sources.hubspot.objects import Clients, read_all, read_changed


def judge(response: requests.Response) -> Verdict:
    """A used-up daily quota does not come back within a run."""
    try:
        body = response.json()
    except requests.exceptions.JSONDecodeError:
        return Verdict()
    if response.status_code == 429 and isinstance(body, dict) and body.get("policyName") == "DAILY":
        return Verdict(day_is_over=True)
    return Verdict()


def allowance(response: requests.Response) -> Allowance:
    """The account's rate and day depend on its edition and add-ons; HubSpot tells them with each
    answer but a search's."""
    told = {
        name: int(value)
        for name in ("Max", "Interval-Milliseconds", "Daily", "Daily-Remaining")
        if (value := response.headers.get(f"X-HubSpot-RateLimit-{name}", "")).isdigit()
    }
    calls, interval = told.get("Max"), told.get("Interval-Milliseconds")
    left = told.get("Daily-Remaining")
    return Allowance(
        Rate(calls, interval / 1000) if calls and interval else None,
        None if left is None else DayLeft(left, told.get("Daily")),
    )


def search_allowance(response: requests.Response) -> Allowance:
    """Searches have a pace of their own, and the same day."""
    return replace(allowance(response), rate=None)


def build_source(
    connection: settings.Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """One feed for each entity; all share the token, searches have a pace of their own."""
    auth = BearerToken(connection.access_token.get_secret_value())
    api = VendorClient(
        name="hubspot",
        base_url=connection.base_url,
        auth=auth,
        rate=settings.RATE,
        patience=patience,
        judge=judge,
        allowance=allowance,
    )
    clients = Clients(api, replace(api, rate=settings.SEARCH_RATE, allowance=search_allowance))
    by_name = {kind.name: kind for kind in settings.OBJECTS}
    for kind in settings.OBJECTS:
        yield Feed(kind.entity, partial(read_changed, clients, kind), revisit=kind.revisit)
    for kind in settings.SMALL_OBJECTS:
        yield _complete(kind.entity, partial(read_all, api, kind))
    yield Feed(
        settings.DEAL_HISTORY,
        lambda since: small.read_deal_history(clients, by_name["deals"], since),
    )
    yield Feed(
        settings.DEAL_ASSOCIATIONS,
        lambda since: small.read_deal_associations(clients, by_name["deals"], since, clock),
        revisit=settings.DEALS_AGAIN,
    )
    yield Feed(settings.EMAIL_EVENTS, lambda since: marketing.read_email_events(api, since))
    yield Feed(settings.FORM_SUBMISSIONS, lambda since: marketing.read_form_submissions(api, since))
    yield Feed(
        settings.LIST_MEMBERSHIPS,
        lambda since: marketing.read_list_memberships(api) if since is None else (),
        revisit=settings.MEMBERS_AGAIN,
        probe=lambda: marketing.read_list_memberships(api),
    )
    yield _complete(settings.OWNERS, lambda: small.read_owners(api))
    yield _complete(settings.TEAMS, lambda: small.read_teams(api, clock))
    yield _complete(settings.PIPELINES, lambda: small.read_pipelines(api, clock))
    yield _complete(settings.PIPELINE_STAGES, lambda: small.read_stages(api, clock))
    yield _complete(settings.EXCHANGE_RATES, lambda: small.read_exchange_rates(api, clock))
    yield _complete(settings.EMAIL_CAMPAIGNS, lambda: marketing.read_email_campaigns(api, clock))
    yield _complete(settings.FORMS, lambda: marketing.read_forms(api))
    yield _complete(settings.LISTS, lambda: marketing.read_lists(api, clock))
    yield _complete(settings.MARKETING_EVENTS, lambda: marketing.read_marketing_events(api, clock))


def _complete(entity: Entity, read: Callable[[], Iterable[Page]]) -> Feed:
    return Feed(entity, lambda since: read(), complete=True)
