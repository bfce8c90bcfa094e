"""The activity log page by page: from a paging token on, until nothing more follows."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from ingestion.http import VendorClient, field_of
from ingestion.sources.marketo.settings import LOG_TYPES, PAGE_ROWS

ACTIVITIES = "/rest/v1/activities.json"
DELETED = "/rest/v1/activities/deletedleads.json"
STAMP = "%Y-%m-%dT%H:%M:%SZ"

Records = list[dict[str, Any]]


def activity_pages(
    client: VendorClient, since: datetime, type_ids: Sequence[int]
) -> Iterator[Records]:
    """Activities of these types from `since` on, any number of types."""
    for start in range(0, len(type_ids), LOG_TYPES):
        kinds = ",".join(str(number) for number in type_ids[start : start + LOG_TYPES])
        yield from log_pages(client, ACTIVITIES, since, {"activityTypeIds": kinds})


def log_pages(
    client: VendorClient, path: str, since: datetime, params: dict[str, Any] | None = None
) -> Iterator[Records]:
    """Pages of a log. One may be empty although more follows; only `moreResult` tells the end."""
    stamp = since.astimezone(UTC).strftime(STAMP)
    first = client.get_json("/rest/v1/activities/pagingtoken.json", {"sinceDatetime": stamp})
    token = field_of(first, "nextPageToken", "marketo: paging token")
    while True:
        asked = {**(params or {}), "nextPageToken": token, "batchSize": PAGE_ROWS}
        answer = client.get_json(path, asked)
        yield answer.get("result") or []
        if not field_of(answer, "moreResult", f"marketo: {path}"):
            return
        token = field_of(answer, "nextPageToken", f"marketo: {path}")


def instant(text: Any) -> datetime | None:
    """A time in an answer, None where it is none."""
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
