"""Acme CRM (a vendor that does not exist), a source to copy.

Say here what a person who runs it must know: which credentials, how deletes are found, which limits
hold, what the cursor misses. Landing, types, rejects, tombstones, state, locks and retries are done
elsewhere: a source only says what to read and how.

A new source also needs a folder in the sandbox (ingestion/sandbox/vendors: vendor.py,
credentials.py and its routes, found by themselves), contract tests like
tests/contracts/test_source_hubspot.py, and its name in revlake.toml. The folder's name is the
source's name, and tests/contracts/test_source_contract.py takes it up by itself. What its batches
must be like stands in `expectations.py`.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from ingestion.auth import BearerToken
from ingestion.entity import DELETED, VERSION_AT, Page, Row
from ingestion.feed import Feed
from ingestion.http import Patience, VendorClient, field_of
from ingestion.sources._template.settings import (
    DEALS,
    OWNERS,
    PAGE_ROWS,
    RATE,
    Connection,
)


def build_source(
    connection: Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """One feed for each entity. Feeds are read side by side, so each must stand on its own.

    Nothing is called here yet: a feed's `read` runs when the landing asks for its first page.
    """
    client = VendorClient(
        name="acme",  # begins every error message
        base_url=connection.base_url,
        auth=BearerToken(connection.api_token.get_secret_value()),
        rate=RATE,
        patience=patience,
    )
    yield Feed(DEALS, lambda since: read_deals(client, since))
    # complete=True: what a finished read does not bring any more is deleted.
    yield Feed(OWNERS, lambda since: read_owners(client, clock), complete=True)


def read_deals(client: VendorClient, since: datetime | None) -> Iterator[Page]:
    """Deals changed at or after `since`; all of them when it is None.

    `since` already lies an overlap before the newest deal landed. Bringing records twice, or in any
    order, is fine: the log takes only what it does not hold.
    """
    params: dict[str, Any] = {"limit": PAGE_ROWS, "include_deleted": "true"}
    if since is not None:
        params["updated_since"] = since.isoformat()
    while True:
        answer = client.get_json("/v2/deals", params)
        # field_of instead of .get(): an error with status 200 must not pass as 'no deals'.
        yield [_deal(record) for record in field_of(answer, "data", "acme: deals")]
        if not answer.get("next_cursor"):
            return
        params["cursor"] = answer["next_cursor"]


def _deal(record: dict[str, Any]) -> Row:
    """Raw values under column names. Types are converted later, so that what does not fit is set
    aside with a reason instead of ending the run: convert nothing here, raise nothing here."""
    return {
        "id": record.get("id"),
        "title": record.get("title"),
        "owner_id": record.get("ownerId"),
        "value": record.get("value"),
        "close_date": record.get("closeDate"),
        "created_at": record.get("createdAt"),
        "updated_at": record.get("updatedAt"),
        # When this version came to be; for a deleted record the time of its deletion.
        VERSION_AT: record.get("deletedAt") or record.get("updatedAt"),
        DELETED: record.get("deletedAt") is not None,
    }


def read_owners(client: VendorClient, clock: Callable[[], datetime]) -> Iterator[Page]:
    """All owners. Without a time of change, the time of reading is the version's."""
    answer = client.get_json("/v2/owners")
    yield [
        {
            "id": record.get("id"),
            "name": record.get("name"),
            "email": record.get("email"),
            "is_active": record.get("active"),
            VERSION_AT: clock(),
        }
        for record in field_of(answer, "data", "acme: owners")
    ]
