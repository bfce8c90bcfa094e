"""What a source hands to the landing: a feed an entity, and how a feed becomes rows of the log."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
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
    deleted. So is what `sweep`, where there is one, does not name: it is called after `read` and
    gives the key of every record there is. Pages may repeat records and come in any order.
    """

    entity: Entity
    read: Callable[[datetime | None], Iterable[Page]]
    complete: bool = False
    overlap: timedelta = OVERLAP
    sweep: Callable[[], Iterable[list[Row]]] | None = None


@dataclass
class Bookmark:
    """Where a vendor says that the next run goes on: text that only the vendor can read.

    Without a token, everything there is has to be read. One token may stand for many: JSON by
    mailbox, say.
    """

    token: str | None
    restarted: list[Mapping[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.token is None:
            self.restart()

    def restart(self, **part: str) -> None:
        """Forgets the token, for the vendor does not take it any more: from here on everything
        there is comes, not only changes, and what does not come is deleted.

        `restart(mailbox="a@x.test")` says so of the records with these values alone, and keeps the
        token.
        """
        self.restarted.append(part)
        if not part:
            self.token = None


@dataclass(frozen=True)
class TokenFeed:
    """How to read one entity of a vendor that remembers for us how far we have read.

    `read(bookmark)` gives everything changed since `bookmark.token` was handed out, deletions
    included, and at its end puts the next token there. It is kept when all of it has been landed,
    not before. A record that comes is what the record is now, whatever its modification time.
    """

    entity: Entity
    read: Callable[[Bookmark], Iterable[Page]]
    overlap: timedelta = OVERLAP


AnyFeed = Feed | TokenFeed


@dataclass
class Tally:
    """What one feed landed."""

    rows: int = 0
    rejects: int = 0
    tombstones: int = 0
    variant_columns: set[str] = field(default_factory=set)


def resource(
    feed: AnyFeed, log: ChangeLog, tally: Tally, *, now: datetime, progress: Progress | None
) -> DltResource:
    """The feed as a dlt resource that appends news to the log and bad records to the rejects."""
    entity = feed.entity

    def rows() -> Iterator[Any]:
        state = dlt.current.resource_state(entity.name)
        held = {} if log.is_empty() else state
        cursor = datetime.fromisoformat(held["cursor"]) if "cursor" in held else None
        since = cursor - feed.overlap if cursor else None
        log.open(since)
        if isinstance(feed, TokenFeed):
            bookmark = Bookmark(held.get("token"))
            newest = yield from read(feed.read(bookmark), bookmark.restarted, is_present=True)
            state["token"] = bookmark.token
        else:
            parts: list[Mapping[str, str]] = [{}] if feed.complete else []
            newest = yield from read(feed.read(since), parts, is_present=False)
            if feed.sweep is not None:
                yield from sweep(feed.sweep())
        newest = max(filter(None, (cursor, newest)), default=None)
        if newest is not None:
            state["cursor"] = min(newest, now + CLOCK_SKEW).isoformat()

    def read(
        pages: Iterable[Page], complete_in: list[Mapping[str, str]], *, is_present: bool
    ) -> Generator[Any, None, datetime | None]:
        """Lands pages, then what is missing in the parts that were read as a whole."""
        newest: datetime | None = None
        seen: list[pa.Table] = []
        for page in in_batches(pages):
            conformed = conform(entity, page, loaded_at=now)
            newest = _newest(newest, conformed.table)
            if complete_in:
                seen.append(conformed.table.select(list(entity.key)))
            tally.variant_columns.update(conformed.variant_columns)
            news = log.news(conformed.table, is_present=is_present)
            yield from land(news, log.new_rejects(conformed.rejects))
        for part in complete_in:
            yield from land(log.vanished(_keys(entity, seen), now, part), None)
        return newest

    def sweep(pages: Iterable[list[Row]]) -> Iterator[Any]:
        """Deletes what `pages`, rows with at least the key, do not name."""
        dated = ([{**row, VERSION_AT: now} for row in page] for page in pages)
        seen = [
            conform(entity, page, loaded_at=now).table.select(list(entity.key))
            for page in in_batches(dated)
        ]
        yield from land(log.vanished(_keys(entity, seen), now, {}), None)

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
