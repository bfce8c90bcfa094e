"""What a source hands to the landing: a feed an entity, and how a feed becomes rows of the log."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import dlt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract import DltResource

from ingestion.changelog import ChangeLog
from ingestion.conform import conform
from ingestion.entity import DELETED, VERSION_AT, Entity, Page, Row

OVERLAP = timedelta(minutes=10)
BATCH_ROWS = 20_000
CLOCK_SKEW = timedelta(days=1)

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Feed:
    """How to read one entity: `read(since)` gives everything changed at or after `since`.

    `since` is None on the first run, later the newest modification time landed less `overlap`.
    A feed with `complete=True` always reads everything there is: what it does not bring any more is
    deleted. Pages may repeat records and come in any order.
    """

    entity: Entity
    read: Callable[[datetime | None], Iterable[Page]]
    complete: bool = False
    overlap: timedelta = OVERLAP


@dataclass
class Tally:
    """What one feed landed."""

    rows: int = 0
    rejects: int = 0
    tombstones: int = 0
    variant_columns: set[str] = field(default_factory=set)


def resource(
    feed: Feed, log: ChangeLog, tally: Tally, *, now: datetime, progress: Progress | None
) -> DltResource:
    """The feed as a dlt resource that appends news to the log and bad records to the rejects."""
    entity = feed.entity

    def rows() -> Iterator[Any]:
        state = dlt.current.resource_state(entity.name)
        cursor = datetime.fromisoformat(state["cursor"]) if "cursor" in state else None
        if log.is_empty():
            cursor = None
        since = cursor - feed.overlap if cursor else None
        log.open(since)
        newest = cursor
        seen: list[pa.Table] = []
        for page in in_batches(feed.read(since)):
            conformed = conform(entity, page, loaded_at=now)
            newest = _newest(newest, conformed.table)
            if feed.complete:
                seen.append(conformed.table.select(list(entity.key)))
            tally.variant_columns.update(conformed.variant_columns)
            yield from land(log.news(conformed.table), log.new_rejects(conformed.rejects))
        if feed.complete:
            yield from land(log.vanished(_keys(entity, seen), now), None)
        if newest is not None:
            state["cursor"] = min(newest, now + CLOCK_SKEW).isoformat()

    def land(news: pa.Table, rejects: pa.Table | None) -> Iterator[Any]:
        if news.num_rows:
            deleted = pc.sum(news[DELETED]).as_py() or 0
            tally.tombstones += deleted
            tally.rows += news.num_rows - deleted
            yield news
        if rejects is not None and rejects.num_rows:
            tally.rejects += rejects.num_rows
            hints = dlt.mark.make_hints(
                table_name=entity.rejects_name, write_disposition="append", table_format="delta"
            )
            yield dlt.mark.with_hints(rejects, hints, create_table_variant=True)
        if progress is not None:
            progress(entity.name, tally.rows + tally.tombstones)

    made: DltResource = dlt.resource(
        rows, name=entity.name, write_disposition="append", table_format="delta"
    )
    return made.parallelize()


def in_batches(pages: Iterable[Page], size: int = BATCH_ROWS) -> Iterator[Page]:
    """Puts small pages together: Arrow and Parquet like thousands of rows, APIs give a hundred."""
    waiting: list[Row] = []
    for page in pages:
        if isinstance(page, pa.Table):
            yield page
            continue
        waiting.extend(page)
        if len(waiting) >= size:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _newest(known: datetime | None, table: pa.Table) -> datetime | None:
    found = pc.max(table[VERSION_AT]).as_py() if table.num_rows else None
    if found is None:
        return known
    found = found.astimezone(UTC)
    return found if known is None else max(known, found)


def _keys(entity: Entity, seen: list[pa.Table]) -> pl.DataFrame:
    empty = pa.schema([entity.columns.field(key) for key in entity.key]).empty_table()
    frame = pl.from_arrow(pa.concat_tables([empty, *seen]))
    assert isinstance(frame, pl.DataFrame)
    return frame
