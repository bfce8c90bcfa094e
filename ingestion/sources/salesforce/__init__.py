"""Salesforce: REST `queryAll` for what changed, Bulk API 2.0 for first loads and big windows.

Credentials: a connected app's client id and secret. Deletes and merges come with `IsDeleted` from
`queryAll` while they are in the recycle bin; once a week everything is read again, for records that
are gone for good and for formula fields, which do not move a record's time of change. Objects
without IsDeleted are read whole: small ones each time, others once a day or a week. Cursor:
SystemModstamp, to the second, re-read with an overlap. Which fields there are, the org's own among
them, is asked for in each run: 14 objects a call.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from ingestion.auth import OAuthToken
from ingestion.entity import Page
from ingestion.feed import Feed
from ingestion.http import Patience, VendorClient
from ingestion.sources.salesforce.describe import Org, custom_field_rows, describe_org
from ingestion.sources.salesforce.read import allowance, judge, read_object
from ingestion.sources.salesforce.settings import (
    API,
    CUSTOM_FIELD_DEFINITIONS,
    RATE,
    SOBJECTS,
    TOKEN_PATH,
    Connection,
    SObject,
)


def build_source(
    connection: Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """One feed for each object, and one for the org's own fields. They share a client, so a token
    and a rate limit; what the org has is asked for at once."""
    secret = connection.client_secret.get_secret_value()
    client = VendorClient(
        name="salesforce",
        base_url=connection.base_url,
        auth=OAuthToken(
            TOKEN_PATH,
            {
                "grant_type": "client_credentials",
                "client_id": connection.client_id,
                "client_secret": secret,
            },
            secret_values=(secret,),
        ),
        rate=RATE,
        patience=patience,
        judge=judge,
        allowance=allowance,
    )
    org = describe_org(client, SOBJECTS)
    for sobject in SOBJECTS:
        yield _feed(client, sobject, org, clock())
    yield Feed(
        CUSTOM_FIELD_DEFINITIONS,
        lambda since: custom_field_rows(org, clock()),
        complete=True,
        probe=partial(_glance, client),
    )


def _feed(client: VendorClient, sobject: SObject, org: Org, seen_at: datetime) -> Feed:
    if sobject.name not in org:
        return Feed(sobject.entity, _nothing)
    read = partial(read_object, client, sobject, org[sobject.name], seen_at)
    if sobject.is_whole:
        return Feed(sobject.entity, lambda since: read(None), complete=True)
    return Feed(sobject.entity, read, revisit=sobject.revisit)


def _nothing(since: datetime | None) -> Iterator[Page]:
    """For a feature that the org does not use."""
    return iter(())


def _glance(client: VendorClient) -> Iterator[Page]:
    client.get_json(f"{API}/sobjects")
    return iter(())
