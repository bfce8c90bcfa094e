"""Gmail: who has a mailbox in the domain, and the headers of the messages in it.

Credentials: a service account to which the domain's administrator delegated the scopes
`gmail.metadata` and `admin.directory.user.readonly`; it acts for one person after the other.
Headers, labels and sizes only: bodies, previews and attachments are neither asked for nor within
the scope. A mailbox's first reading lists the messages of the last year and asks for each; later
ones ask its history what was added, relabelled or deleted, and for those messages again. A history
id is good for a week at least; after that the mailbox is read anew and what is missing is deleted.
Limits: 250 quota units a second for a mailbox, of which a message costs 5. Mailboxes of suspended
people cannot be read: what was landed of them stays.
"""

import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from ingestion.auth import OAuthToken, SignedAssertion, signing_key
from ingestion.entity import VERSION_AT, Page, Row
from ingestion.feed import AnyFeed, Bookmark, Feed, TokenFeed
from ingestion.http import Patience, RefusedError, VendorClient, VendorError, Verdict
from ingestion.parallel import side_by_side
from ingestion.sources.gmail.mailbox import Found, Mailbox, Position
from ingestion.sources.gmail.settings import (
    DIRECTORY_SCOPE,
    LOOK_BACK,
    MAILBOXES,
    MESSAGES,
    METADATA_SCOPE,
    PAGE_ROWS,
    RATE,
    WORKERS,
    Connection,
)

logger = logging.getLogger(__name__)

T = TypeVar("T")
Clock = Callable[[], datetime]
TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
DAY_IS_OVER = frozenset({"dailyLimitExceeded", "quotaExceeded"})
# A person without a mailbox, or suspended since the list of people was read.
NO_MAILBOX = ("Mail service not enabled", "invalid_grant")
NOT_DELEGATED = "unauthorized_client"
RETRY_AT = re.compile(r"Retry after (\d{4}-\d\d-\d\dT[\d:.]+Z)")


def build_source(connection: Connection, *, clock: Clock, patience: Patience) -> Iterator[AnyFeed]:
    """Two feeds; each reads the list of people for itself."""
    client_for = partial(_client, connection, _key(connection), patience)
    directory = client_for(connection.directory_url, connection.admin_email, DIRECTORY_SCOPE)

    def mailbox_of(person: dict[str, Any]) -> Mailbox:
        email = person["primaryEmail"]
        client = client_for(connection.base_url, email, METADATA_SCOPE)
        return Mailbox(person["id"], email, client, clock)

    yield Feed(MAILBOXES, lambda since: read_mailboxes(directory, clock), complete=True)
    yield TokenFeed(
        MESSAGES,
        partial(read_messages, directory, mailbox_of, clock),
        probe=partial(probe_messages, directory, mailbox_of),
    )


def _key(connection: Connection) -> RSAPrivateKey:
    """The service account's key, read once: every person's token is signed with it."""
    try:
        return signing_key(_pem(connection))
    except ValueError as error:
        raise VendorError(f"gmail: {error}; check the credentials") from None


def _pem(connection: Connection) -> str:
    return connection.private_key.get_secret_value().replace("\\n", "\n")


def _client(
    connection: Connection,
    key: RSAPrivateKey,
    patience: Patience,
    base_url: str,
    person: str,
    scope: str,
) -> VendorClient:
    """A client that speaks for one person."""
    form = SignedAssertion(
        key,
        {
            "iss": connection.client_email,
            "sub": person,
            "scope": scope,
            "aud": connection.token_url,
        },
    )
    secrets = (connection.private_key.get_secret_value(), _pem(connection))
    return VendorClient(
        name="gmail",
        base_url=base_url,
        auth=OAuthToken(connection.token_url, form, secret_values=secrets),
        rate=RATE,
        patience=patience,
        judge=judge,
    )


def judge(response: requests.Response) -> Verdict:
    """Google tells a rate with 403 or 429 and a reason, and sometimes until when in words; a scope
    that is not delegated, when a token is asked for."""
    if NOT_DELEGATED in response.text:
        return Verdict(lacks_permission=True, meaning="a scope is not delegated to this account")
    try:
        error = response.json()["error"]
        reasons = {each.get("reason") for each in error["errors"]}
    except (requests.exceptions.JSONDecodeError, KeyError, TypeError):
        return Verdict()
    if reasons & DAY_IS_OVER:
        return Verdict(day_is_over=True, meaning="the calls of this day are used up")
    until = RETRY_AT.search(str(error.get("message")))
    if reasons & TOO_FAST and until:
        wait = datetime.fromisoformat(until[1]) - datetime.now(UTC)
        return Verdict(transient=True, wait_seconds=max(0.0, wait.total_seconds()))
    return Verdict(transient=bool(reasons & TOO_FAST))


def people(directory: VendorClient) -> Iterator[list[Any]]:
    """The people of the domain, page by page."""
    asked = {"customer": "my_customer", "maxResults": PAGE_ROWS, "orderBy": "email"}
    while True:
        answer = directory.get_json("/admin/directory/v1/users", asked)
        yield answer.get("users", [])
        if not answer.get("nextPageToken"):
            return
        asked["pageToken"] = answer["nextPageToken"]


def read_mailboxes(directory: VendorClient, clock: Clock) -> Iterator[Page]:
    """All people. Without a time of change, the time of reading is the version's."""
    for page in people(directory):
        yield [_person(each, clock) if isinstance(each, dict) else each for each in page]


def _person(person: dict[str, Any], clock: Clock) -> Row:
    name = person.get("name")
    aliases = person.get("aliases")
    return {
        "id": person.get("id"),
        "email": person.get("primaryEmail"),
        "name": name.get("fullName") if isinstance(name, dict) else None,
        "aliases": json.dumps(aliases) if aliases else None,
        "org_unit_path": person.get("orgUnitPath"),
        "is_suspended": person.get("suspended"),
        "is_archived": person.get("archived"),
        "has_mailbox": person.get("isMailboxSetup"),
        "created_at": person.get("creationTime"),
        VERSION_AT: clock(),
    }


def read_messages(
    directory: VendorClient,
    mailbox_of: Callable[[dict[str, Any]], Mailbox],
    clock: Clock,
    bookmark: Bookmark,
) -> Iterator[Page]:
    """News of each mailbox, some at once; the bookmark holds every mailbox's position by its id."""
    held = {
        each: Position(**position) for each, position in json.loads(bookmark.token or "{}").items()
    }
    since = clock() - LOOK_BACK
    readable = {
        each["id"]: each for page in people(directory) for each in page if _is_readable(each)
    }
    reads = (
        partial(_read, mailbox_of, person, held.get(person["id"]), since)
        for person in readable.values()
    )
    for person, found in zip(readable, side_by_side(reads, workers=WORKERS), strict=True):
        if found is None:
            continue
        if found.is_whole and bookmark.token is not None:
            bookmark.restart(mailbox_id=person)
        held[person] = found.position
        yield found.rows
    bookmark.token = json.dumps({each: asdict(position) for each, position in held.items()})


def _is_readable(person: Any) -> bool:
    return (
        isinstance(person, dict)
        and isinstance(person.get("id"), str)
        and isinstance(person.get("primaryEmail"), str)
        and not person.get("suspended")
        and person.get("isMailboxSetup") is not False
    )


def _read(
    mailbox_of: Callable[[dict[str, Any]], Mailbox],
    person: dict[str, Any],
    held: Position | None,
    since: datetime,
) -> Found | None:
    """What a mailbox brings; None if the person has none."""
    return _asked(mailbox_of(person), lambda mailbox: mailbox.read(held, since))


def probe_messages(
    directory: VendorClient, mailbox_of: Callable[[dict[str, Any]], Mailbox]
) -> Iterator[Page]:
    """Opens the first mailbox that there is among the first page of people."""
    for person in filter(_is_readable, next(people(directory))):
        if _asked(mailbox_of(person), Mailbox.reached):
            return
    yield []


def _asked(mailbox: Mailbox, question: Callable[[Mailbox], T]) -> T | None:
    """The mailbox's answer; None if the person has none."""
    try:
        return question(mailbox)
    except RefusedError as refused:
        if not any(said in refused.said for said in NO_MAILBOX):
            raise
        logger.warning("gmail: the mailbox of %s cannot be read: %s", mailbox.email, refused)
        return None
    finally:
        mailbox.client.close()
