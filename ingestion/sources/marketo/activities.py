"""Activities: the first pages of the log, exports where there is much more, then the log again."""

import json
import logging
from collections.abc import Generator, Iterable, Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa

from ingestion.entity import VERSION_AT, Page, Row
from ingestion.http import SourceDownError, VendorClient
from ingestion.sources.marketo import log
from ingestion.sources.marketo.bulk import extract, renamed, spans
from ingestion.sources.marketo.settings import (
    ACTIVITY_FIELDS,
    ACTIVITY_TYPE_IDS,
    BULK_FROM_PAGES,
    HISTORY_START,
    LOG_TYPES,
    OVERLAP,
)

logger = logging.getLogger(__name__)


def read_activities(client: VendorClient, since: datetime | None, now: datetime) -> Iterator[Page]:
    """Activities at or after `since`. They never change."""
    if since is None:
        since = yield from _history(client, now)
    if since is not None:
        for page in log.activity_pages(client, since, ACTIVITY_TYPE_IDS):
            yield [_row(record) for record in page]


def _history(client: VendorClient, now: datetime) -> Generator[Page, None, datetime | None]:
    """Everything up to now; gives the time from which the log is still to be read, if any.

    Pages tell where the log begins, and a small subscription needs no more of them. For the others
    exports cost fewer calls. When those are not to be had today, the log has it all.
    """
    remaining: list[int] = []
    start = now
    for first in range(0, len(ACTIVITY_TYPE_IDS), LOG_TYPES):
        kinds = ACTIVITY_TYPE_IDS[first : first + LOG_TYPES]
        pages = 0
        reached = HISTORY_START
        for page in log.activity_pages(client, HISTORY_START, kinds):
            yield [_row(record) for record in page]
            pages += bool(page)
            moments = (log.instant(record.get("activityDate")) for record in page)
            reached = max([reached, *(moment for moment in moments if moment is not None)])
            if pages >= BULK_FROM_PAGES:
                remaining += kinds
                start = min(start, reached)
                break
    if not remaining:
        return None
    orders = ({"createdAt": span, "activityTypeIds": remaining} for span in spans(start, now))
    try:
        for table, broken in extract(client, "activities", ACTIVITY_FIELDS, orders):
            yield _table(table)
            if broken:
                yield broken
    except SourceDownError as refused:
        logger.warning("%s; activities are read page by page instead", refused)
        return start
    return now - OVERLAP


def _row(record: dict[str, Any]) -> Row:
    row: Row = {column: record.get(field) for field, column in ACTIVITY_FIELDS.items()}
    pairs = ((each.get("name"), each.get("value")) for each in record.get("attributes") or [])
    row["attributes"] = _attributes(pairs)
    row[VERSION_AT] = record.get("activityDate")
    return row


def _table(table: pa.Table) -> pa.Table:
    found = renamed(table, ACTIVITY_FIELDS)
    found["attributes"] = pa.array(
        [_attributes_of_cell(cell) for cell in table["attributes"].to_pylist()], pa.string()
    )
    found[VERSION_AT] = table["activityDate"]
    return pa.table(found)


def _attributes_of_cell(cell: str | None) -> str | None:
    """Attributes as a file has them: a JSON object or, in older subscriptions, a list of pairs.

    A cell that is neither stays as it is.
    """
    try:
        content = json.loads(cell or "{}")
    except json.JSONDecodeError:
        return cell
    if isinstance(content, dict):
        return _attributes(content.items())
    if isinstance(content, list) and all(isinstance(each, dict) for each in content):
        return _attributes((each.get("name"), each.get("value")) for each in content)
    return cell


def _attributes(pairs: Iterable[tuple[Any, Any]]) -> str | None:
    """One JSON object of texts, the same whether a page or a file brought them."""
    filled = {
        str(name): value if isinstance(value, str) else json.dumps(value)
        for name, value in pairs
        if value is not None
    }
    return json.dumps(filled, sort_keys=True, ensure_ascii=False) if filled else None
