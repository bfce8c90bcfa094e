"""Activities: an export for each type and span of time, shorter spans where there is too much."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from ingestion.entity import VERSION_AT, Page
from ingestion.sources.eloqua.exports import ExportFailedError, Exports, Order, instant
from ingestion.sources.eloqua.settings import (
    ACTIVITY_TYPE,
    HISTORY_START,
    MOST_ACTIVITIES,
    OCCURRED_AT,
    SHORTEST_SPAN,
)

Fields = Mapping[str, str]


def read_activities(
    exports: Exports, types: Mapping[str, Fields], since: datetime | None, until: datetime
) -> Iterator[Page]:
    """Activities of these types that happened at or after `since` and before `until`."""
    for name, fields in types.items():
        start = since or HISTORY_START
        if start < until:
            yield from _span(exports, name, fields, start, until)


def _span(
    exports: Exports, name: str, fields: Fields, start: datetime, until: datetime
) -> Iterator[Page]:
    """One export, or those of both halves of the time where one is too big to succeed."""
    order = Order(
        "activities",
        fields,
        f"'{ACTIVITY_TYPE}' = '{name}' AND '{OCCURRED_AT}' >= '{instant(start)}'"
        f" AND '{OCCURRED_AT}' < '{instant(until)}'",
    )
    try:
        exported = exports.run(order)
        if exported.total >= MOST_ACTIVITIES:
            raise ExportFailedError(
                f"eloqua: {name} has {exported.total} records from {start:%Y-%m-%d %H:%M}, "
                "more than an export may have"
            )
    except ExportFailedError:
        if until - start <= SHORTEST_SPAN:
            raise
        middle = start + (until - start) / 2
        yield from _span(exports, name, fields, start, middle)
        yield from _span(exports, name, fields, middle, until)
        return
    for page in exported.pages:
        yield [{**row, VERSION_AT: row.get("activity_date")} for row in page]
