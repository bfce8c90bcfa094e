"""Salesforce: REST `queryAll` for what changed, Bulk API 2.0 for first loads and big windows.

Credentials: a connected app's client id and secret. Deletes and merges come with `IsDeleted` from
`queryAll` while they are in the recycle bin. Cursor: SystemModstamp, to the second, re-read with an
overlap. Formula fields do not move it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from ingestion.auth import OAuthToken
from ingestion.feed import Feed
from ingestion.http import Patience, VendorClient
from ingestion.sources.salesforce.read import allowance, judge, read_object
from ingestion.sources.salesforce.settings import RATE, SOBJECTS, TOKEN_PATH, Connection


def build_source(
    connection: Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """One feed for each object; they share a client, so a token and a rate limit."""
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
    for sobject in SOBJECTS:
        yield Feed(sobject.entity, partial(read_object, client, sobject))
