"""Pipedrive: API v2 with a user's API token, v1 where v2 lacks a thing.

Credentials: the company's address and the API token of a user who sees everything (a deal admin);
the API shows what that user sees. Deletes: deals by their status, organizations, persons and
activities by v1's recent changes (both for 30 days), and once a day by the ids that are still
there. Leads are read whole: a conversion deletes them, the deal names its lead. Merges show as
deletions, what was linked is moved and moves its modification time. Limits: a burst in two seconds
and a daily budget of tokens; answers tell both. What the cursor misses: the names of custom fields
and options are those at the time of reading.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from ingestion.auth import HeaderKey
from ingestion.entity import Entity, Page
from ingestion.feed import Feed
from ingestion.http import Patience, VendorClient
from ingestion.sources.pipedrive import deals, settings, small
from ingestion.sources.pipedrive.calls import allowance, judge
from ingestion.sources.pipedrive.objects import read_changed, read_ids


def build_source(
    connection: settings.Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """One feed for each entity; all share the account's burst."""
    client = VendorClient(
        name="pipedrive",
        base_url=connection.base_url,
        auth=HeaderKey("x-api-token", connection.api_token.get_secret_value()),
        rate=settings.RATE,
        patience=patience,
        judge=judge,
        allowance=allowance,
    )
    for kind in settings.LISTED:
        yield Feed(
            kind.entity,
            partial(read_changed, client, kind, clock),
            sweep=partial(read_ids, client, kind),
        )
    yield Feed(
        settings.DEALS,
        partial(deals.read_deals, client),
        sweep=partial(deals.read_deal_ids, client),
    )
    yield Feed(settings.DEAL_HISTORY, partial(deals.read_history, client))
    yield Feed(
        settings.DEAL_PRODUCTS,
        partial(deals.read_deal_products, client),
        sweep=partial(deals.read_deal_product_ids, client),
    )
    yield _complete(settings.LEADS, lambda: deals.read_leads(client))
    yield _complete(settings.PRODUCTS, lambda: small.read_products(client))
    for entity, path in (
        (settings.PIPELINES, "/api/v2/pipelines"),
        (settings.STAGES, "/api/v2/stages"),
    ):
        yield _complete(entity, partial(small.read_list, client, path, entity))
    yield _complete(settings.USERS, lambda: small.read_users(client))
    yield _complete(settings.TEAMS, lambda: small.read_teams(client, clock))
    yield _complete(settings.GOALS, lambda: small.read_goals(client, clock))
    yield _complete(settings.CURRENCIES, lambda: small.read_currencies(client, clock))


def _complete(entity: Entity, read: Callable[[], Iterator[Page]]) -> Feed:
    return Feed(entity, lambda since: read(), complete=True)
