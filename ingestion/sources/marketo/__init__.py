"""Marketo Engage: exports for the first load, then the activity log and short lists.

Credentials: a custom service of LaunchPoint (client id and secret) whose API user may read leads,
activities and assets. The token goes in the header. Errors have status 200 and a code in the body.
Limits, shared by all that call the subscription: 100 calls in 20 s, 50,000 a day, 10 at once, 10
exports in the queue, 500 MB of exports a day.

Leads that changed are found by their activities (new, changed value, changed score, merged,
deleted), so a change that Marketo does not log shows with the next one that it does. Deletes come
from the feed of deleted leads (14 days) and from activity 37, merges from activity 32. Members of
programs are found by activity 104.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial

from ingestion.auth import OAuthToken
from ingestion.entity import Entity, Page
from ingestion.feed import Feed
from ingestion.http import Patience, VendorClient
from ingestion.sources.marketo import assets, settings
from ingestion.sources.marketo.activities import read_activities
from ingestion.sources.marketo.leads import read_deleted, read_leads
from ingestion.sources.marketo.members import read_members
from ingestion.sources.marketo.verdicts import is_error, judge


def build_source(
    connection: settings.Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """One feed for each entity; all share the token and the pace."""
    secret = connection.client_secret.get_secret_value()
    client = VendorClient(
        name="marketo",
        base_url=connection.base_url,
        auth=OAuthToken(
            settings.TOKEN_PATH,
            {
                "grant_type": "client_credentials",
                "client_id": connection.client_id,
                "client_secret": secret,
            },
            secret_values=(secret,),
        ),
        rate=settings.RATE,
        patience=patience,
        judge=judge,
        is_error=is_error,
    )
    for entity, read in (
        (settings.LEADS, read_leads),
        (settings.ACTIVITIES, read_activities),
        (settings.DELETED_LEADS, read_deleted),
        (settings.PROGRAM_MEMBERS, read_members),
    ):
        yield Feed(entity, partial(_until_now, client, clock, read), overlap=settings.OVERLAP)
    yield Feed(settings.PROGRAM_COSTS, partial(assets.read_costs, client))
    yield _complete(settings.PROGRAMS, lambda: assets.read_programs(client))
    yield _complete(settings.SMART_CAMPAIGNS, lambda: assets.read_smart_campaigns(client))
    yield _complete(settings.EMAILS, lambda: assets.read_emails(client))
    yield _complete(settings.CHANNELS, lambda: assets.read_channels(client))
    yield _complete(settings.ACTIVITY_TYPES, lambda: assets.read_activity_types(client, clock))


def _until_now(
    client: VendorClient,
    clock: Callable[[], datetime],
    read: Callable[[VendorClient, datetime | None, datetime], Iterable[Page]],
    since: datetime | None,
) -> Iterable[Page]:
    return read(client, since, clock())


def _complete(entity: Entity, read: Callable[[], Iterable[Page]]) -> Feed:
    return Feed(entity, lambda since: read(), complete=True)
