"""Dynamics 365 Sales through the Dataverse Web API.

Credentials: an app registration in Entra ID that is an application user of the environment. What
changed and what was deleted comes by change tracking (delta links) where a table has it on, else by
`modifiedon` with a sweep of all ids. An environment that drops changes we have not read yet makes
us read the table anew; so do new columns of the company's own. Merged records are inactive, not
deleted: they are landed as deletions that name their master. The past of deals is the audit log;
without auditing it begins with the first landing. Limits: 6,000 calls in 5 minutes for a user.

Not seen: restored records of tables without change tracking, until they change.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from ingestion.auth import OAuthToken
from ingestion.feed import AnyFeed, Feed, TokenFeed
from ingestion.http import Patience, VendorClient
from ingestion.sources.dynamics.environment import Environment, describe
from ingestion.sources.dynamics.history import read_history
from ingestion.sources.dynamics.read import Reader
from ingestion.sources.dynamics.settings import (
    OPPORTUNITY_HISTORY,
    RATE,
    TABLES,
    Connection,
    Table,
)

EACH_RUN = timedelta()


def build_source(
    connection: Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[AnyFeed]:
    """One feed for each entity. Two calls ask at once what the environment has and tracks."""
    client = _client(connection, patience)
    environment = describe(client)
    for table in TABLES:
        yield _feed(Reader(client, table, environment, clock), table, environment)
    if environment.has_audits:
        yield Feed(OPPORTUNITY_HISTORY, partial(read_history, client))
    else:
        yield Feed(OPPORTUNITY_HISTORY, _nothing)


def _feed(reader: Reader, table: Table, environment: Environment) -> AnyFeed:
    if table.name not in environment.tables:
        return Feed(table.entity, _nothing)
    if table.reading == "all":
        return Feed(table.entity, lambda since: reader.read_changed(None), complete=True)
    if environment.tables[table.name].is_tracked:
        return TokenFeed(table.entity, reader.read_on)
    return Feed(table.entity, reader.read_changed, sweep=reader.read_ids, sweep_every=EACH_RUN)


def _nothing(since: datetime | None) -> Iterator[list[dict[str, object]]]:
    """For a table that the environment has not."""
    return iter(())


def _client(connection: Connection, patience: Patience) -> VendorClient:
    secret = connection.client_secret.get_secret_value()
    base_url = connection.base_url.rstrip("/")
    return VendorClient(
        name="dynamics",
        base_url=base_url,
        auth=OAuthToken(
            f"{connection.login_url.rstrip('/')}/{connection.tenant_id}/oauth2/v2.0/token",
            {
                "grant_type": "client_credentials",
                "client_id": connection.client_id,
                "client_secret": secret,
                "scope": f"{base_url}/.default",
            },
            secret_values=(secret,),
        ),
        rate=RATE,
        patience=patience,
    )
