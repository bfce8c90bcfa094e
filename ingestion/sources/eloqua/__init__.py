"""Oracle Eloqua: contacts and activities by the Bulk API 2.0, assets by the application API.

Credentials: company, name and password of a user; the login host tells at which data centre the
account is, and is asked once a run, and again when that one refuses us. Wrong credentials have
status 200 there. Limits: 2,000 exports an hour, 5 million activities and 250 fields an export.

Deletes leave no trace: contacts, e-mails and forms are swept once a day, campaigns and groups are
read whole. Bouncebacks are recorded hours or days late, so two weeks of them are read again each
day. Whether people are subscribed may change without a time of change: contacts are read whole once
a week.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from ingestion.entity import Page
from ingestion.feed import Feed, Revisit
from ingestion.http import Patience
from ingestion.sources.eloqua import assets, contacts, settings
from ingestion.sources.eloqua.activities import read_activities
from ingestion.sources.eloqua.exports import Exports
from ingestion.sources.eloqua.pod import Pod

DAILY = timedelta(days=1)


def build_source(
    connection: settings.Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """One feed for each entity; all share the data centre, and exports take turns."""
    pod = Pod(connection, patience)
    exports = Exports(pod)

    def bouncebacks(since: datetime | None) -> Iterator[Page]:
        until = clock() - settings.BOUNCE_LAG
        return read_activities(exports, settings.BOUNCEBACK_TYPES, since, until)

    yield Feed(
        settings.CONTACTS,
        partial(contacts.read_contacts, exports),
        sweep=partial(contacts.read_ids, exports),
        revisit=Revisit(every=settings.CONTACT_REVISIT),
    )
    yield Feed(
        settings.ACTIVITIES,
        lambda since: read_activities(
            exports, settings.ACTIVITY_TYPES, since, clock() + settings.AHEAD
        ),
        overlap=settings.OVERLAP,
    )
    yield Feed(
        settings.BOUNCEBACKS,
        bouncebacks,
        overlap=settings.BOUNCE_OVERLAP,
        revisit=Revisit(every=DAILY, overlap=settings.BOUNCE_REVISIT),
        probe=lambda: bouncebacks(clock() - settings.BOUNCE_OVERLAP),
    )
    # The number of members moves without a time of change.
    yield Feed(
        settings.CAMPAIGNS.entity,
        partial(assets.read_assets, pod, settings.CAMPAIGNS),
        overlap=settings.ASSET_OVERLAP,
        revisit=Revisit(every=DAILY),
    )
    for asset in (settings.EMAILS, settings.FORMS):
        yield Feed(
            asset.entity,
            partial(assets.read_assets, pod, asset),
            overlap=settings.ASSET_OVERLAP,
            sweep=partial(assets.read_ids, pod, asset),
        )
    yield Feed(
        settings.EMAIL_GROUPS.entity,
        lambda since: assets.read_assets(pod, settings.EMAIL_GROUPS, None),
        complete=True,
    )
