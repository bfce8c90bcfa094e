"""Microsoft Graph: who has a mailbox, the headers of messages and of meetings.

Credentials: an app registration with the application permissions User.Read.All, Mail.ReadBasic.All
and Calendars.ReadBasic.All. Headers only: bodies and previews of messages are not asked for, those
of events, which cannot be left out, are neither within these permissions nor kept. Every folder and
every calendar has a delta link, deletions included; a message that left a folder is asked for once
more, for most were moved. Links that are over (410) mean the mailbox anew, and what is missing is
deleted. A series that changed is read with all its times. Limits: four calls at once for a mailbox;
many reads go in one call ($batch).
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from ingestion.auth import OAuthToken
from ingestion.entity import Page
from ingestion.feed import AnyFeed, Feed, TokenFeed
from ingestion.http import Patience, VendorClient
from ingestion.sources.microsoft_graph.directory import Directory
from ingestion.sources.microsoft_graph.graph import Graph, has_failures, judge
from ingestion.sources.microsoft_graph.meetings import MeetingReader
from ingestion.sources.microsoft_graph.messages import MessageReader
from ingestion.sources.microsoft_graph.rows import mailbox_row
from ingestion.sources.microsoft_graph.settings import (
    MAILBOXES,
    MEETINGS,
    MESSAGES,
    RATE,
    Connection,
)

Clock = Callable[[], datetime]


def build_source(connection: Connection, *, clock: Clock, patience: Patience) -> Iterator[AnyFeed]:
    """One feed for each entity; the list of people is shared."""
    graph = Graph(_client(connection, patience))
    directory = Directory(graph)
    yield Feed(MAILBOXES, lambda since: read_mailboxes(directory, clock), complete=True)
    messages = MessageReader(graph, directory, clock)
    yield TokenFeed(MESSAGES, messages.read, probe=messages.probe)
    meetings = MeetingReader(graph, directory, clock)
    yield TokenFeed(MEETINGS, meetings.read, probe=meetings.probe)


def _client(connection: Connection, patience: Patience) -> VendorClient:
    secret = connection.client_secret.get_secret_value()
    base_url = connection.base_url.rstrip("/")
    return VendorClient(
        name="microsoft_graph",
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
        judge=judge,
        is_error=has_failures,
    )


def read_mailboxes(directory: Directory, clock: Clock) -> Iterator[Page]:
    """All people with an address. The time of reading is the version's."""
    for page in directory.users():
        yield [
            mailbox_row(each, clock()) if isinstance(each, dict) else each
            for each in page
            if not isinstance(each, dict) or each.get("mail")
        ]
