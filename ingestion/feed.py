"""What a source hands to the landing: a feed an entity, and how a feed becomes rows of the log."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import dlt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract import DltResource

from ingestion.changelog import ChangeLog
from ingestion.conform import conform, to_column
from ingestion.entity import DELETED, VERSION_AT, Entity, Page, Row
from ingestion.http import BudgetUsedUpError

OVERLAP = timedelta(minutes=10)
SWEEP_EVERY = timedelta(days=1)
BATCH_ROWS = 20_000
CLOCK_SKEW = timedelta(days=1)

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Revisit:
    """Every so often a feed reads further back, for what the vendor's time filter does not show.

    `overlap` says how far. None: everything there is, and what that read does not bring any more
    is deleted.
    """

    every: timedelta
    overlap: timedelta | None = None


@dataclass(frozen=True)
class Feed:
    """How to read one entity: `read(since)` gives everything changed at or after `since`.

    `since` is None on the first run, later the newest modification time landed less `overlap`.
    A feed with `complete=True` always reads everything there is: what it does not bring any more is
    deleted. Pages may repeat records and come in any order.

    `oldest_first` says that pages come in the order of their modification time: a read that stops
    in the middle goes on there in the next run, else it begins anew.

    A run that sets records aside for the first time does not move the cursor, so the next one reads
    them once more: the answer may have been broken, not the record. A first load is not repeated.

    For vendors whose deletes leave no trace, `sweep` gives rows with the keys of all records there
    are. It is called after `read`, not more often than `sweep_every`; what the log has and it has
    not is deleted. `revisit` is for changes that the time filter misses.

    `probe` reads as little as shows whether the entity may be read, for feeds whose `read` does not
    show it within a few calls.
    """

    entity: Entity
    read: Callable[[datetime | None], Iterable[Page]]
    complete: bool = False
    overlap: timedelta = OVERLAP
    sweep: Callable[[], Iterable[list[Row]]] | None = None
    sweep_every: timedelta = SWEEP_EVERY
    revisit: Revisit | None = None
    oldest_first: bool = False
    probe: Callable[[], Iterable[Page]] | None = None


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
    not before; like the cursor of a Feed it stays for one more run where records were set aside.
    A record that comes is what the record is now, whatever its modification time. `probe` is as for
    Feed.
    """

    entity: Entity
    read: Callable[[Bookmark], Iterable[Page]]
    overlap: timedelta = OVERLAP
    probe: Callable[[], Iterable[Page]] | None = None


AnyFeed = Feed | TokenFeed


@dataclass
class Tally:
    """What one feed landed; `stopped` is why it could not come to its end."""

    rows: int = 0
    rejects: int = 0
    tombstones: int = 0
    variant_columns: set[str] = field(default_factory=set)
    stopped: BudgetUsedUpError | None = None


@dataclass
class Reading:
    """What a read showed: the newest version, the keys that came, and those that came deleted.

    `rejects` counts the records that were set aside, `new_rejects` those that no run had before.
    """

    newest: datetime | None = None
    keys: list[pa.Table] = field(default_factory=list)
    deleted: list[pa.Table] = field(default_factory=list)
    rejects: int = 0
    new_rejects: int = 0


def resource(
    feed: AnyFeed,
    log: ChangeLog,
    tally: Tally,
    *,
    now: datetime,
    progress: Progress | None,
    code: str = "",
) -> DltResource:
    """The feed as a dlt resource that appends news to the log and bad records to the rejects.

    When the vendor's budget is used up it ends with what was read so far: that stays, and the
    cursor moves on only if nothing older can be missing.

    `code` stands for the code that reads. When records were set aside by another, everything is
    read anew, once: they may fit by now.
    """
    entity = feed.entity
    key = list(entity.key)

    def rows() -> Iterator[Any]:
        state = dlt.current.resource_state(entity.name)
        held = {} if log.is_empty() else state
        cursor = datetime.fromisoformat(held["cursor"]) if "cursor" in held else None
        anew = held.get("rejected_by", code) != code
        reading = Reading()
        try:
            if isinstance(feed, TokenFeed):
                token = None if anew else held.get("token")
                yield from by_token(feed, state, Bookmark(token), cursor, reading)
            else:
                yield from by_time(feed, state, held, None if anew else cursor, reading)
        except BudgetUsedUpError as used_up:
            tally.stopped = used_up
            if anew or isinstance(feed, TokenFeed) or not feed.oldest_first:
                return
        if reading.rejects:
            state["rejected_by"] = code
        elif anew:
            del state["rejected_by"]
        newest = max(filter(None, (cursor, reading.newest)), default=None)
        if newest is not None:
            reached = min(newest, now + CLOCK_SKEW).isoformat()
            again = bool(reading.new_rejects) and cursor is not None and not anew
            _go_on(state, "cursor", reached, again=again)

    def by_token(
        feed: TokenFeed,
        state: dict[str, Any],
        bookmark: Bookmark,
        cursor: datetime | None,
        reading: Reading,
    ) -> Iterator[Any]:
        log.open(cursor - feed.overlap if cursor else None)
        yield from read(feed.read(bookmark), bookmark.restarted, reading, is_present=True)
        for part in bookmark.restarted:
            yield from land(log.vanished(_keys(entity, reading.keys), now, part), None)
        again = bool(reading.new_rejects) and not bookmark.restarted
        _go_on(state, "token", bookmark.token, again=again)

    def by_time(
        feed: Feed,
        state: dict[str, Any],
        held: dict[str, Any],
        cursor: datetime | None,
        reading: Reading,
    ) -> Iterator[Any]:
        overlap: timedelta | None = feed.overlap
        revisits = feed.revisit is not None and _is_due(held, "revisited", feed.revisit.every, now)
        if feed.revisit is not None and revisits:
            overlap = feed.revisit.overlap
        since = cursor - overlap if cursor and overlap is not None else None
        whole: list[Mapping[str, str]] = [{}] if feed.complete or overlap is None else []
        log.open(since)
        yield from read(feed.read(since), whole, reading, is_present=overlap is None)
        if whole:
            yield from land(log.vanished(_keys(entity, reading.keys), now, {}), None)
        if revisits:
            state["revisited"] = now.isoformat()
        if not held:
            state["swept_at"] = now.isoformat()
        elif feed.sweep is not None and _is_due(held, "swept_at", feed.sweep_every, now):
            there = _swept(entity, feed.sweep(), now)
            if there is not None:
                state["swept_at"] = now.isoformat()
                present = _keys(entity, [*there, *reading.deleted])
                yield from land(log.vanished(present, now, {}), None)

    def read(
        pages: Iterable[Page],
        whole: list[Mapping[str, str]],
        reading: Reading,
        *,
        is_present: bool,
    ) -> Iterator[Any]:
        """Lands pages. Keys are kept as soon as a part is read as a `whole`."""
        for page in in_batches(pages):
            conformed = conform(entity, page, loaded_at=now)
            reading.newest = _newest(reading.newest, conformed.table)
            if whole:
                reading.keys += [
                    conformed.table.select(key),
                    _keys_of_rejects(entity, conformed.rejects),
                ]
            deleted = conformed.table.filter(conformed.table[DELETED])
            reading.deleted.append(deleted.select(key))
            tally.variant_columns.update(conformed.variant_columns)
            news = log.news(conformed.table, is_present=is_present)
            rejects = log.new_rejects(conformed.rejects)
            reading.rejects += conformed.rejects.num_rows
            reading.new_rejects += rejects.num_rows
            yield from land(news, rejects)

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

    # As a generator: of a function dlt would make a class for settings that it might take.
    made: DltResource = dlt.resource(
        rows(), name=entity.name, write_disposition="append", table_format="delta"
    )
    return made.parallelize()


def in_batches(pages: Iterable[Page], size: int = BATCH_ROWS) -> Iterator[Page]:
    """Puts small pages together: Arrow and Parquet like thousands of rows, APIs give a hundred.

    What was read before the budget was used up comes first, then the error.
    """
    waiting: list[Row] = []
    try:
        for page in pages:
            if isinstance(page, pa.Table):
                yield page
                continue
            waiting.extend(page)
            if len(waiting) >= size:
                yield waiting
                waiting = []
    except BudgetUsedUpError:
        if waiting:
            yield waiting
        raise
    if waiting:
        yield waiting


def _newest(known: datetime | None, table: pa.Table) -> datetime | None:
    found = pc.max(table[VERSION_AT]).as_py() if table.num_rows else None
    if found is None:
        return known
    found = found.astimezone(UTC)
    return found if known is None else max(known, found)


def _go_on(state: dict[str, Any], place: str, reached: str | None, *, again: bool) -> None:
    """Remembers where the next run begins: where this one came to, or where it began, `again`.

    A run that begins where the one before did comes no further than that one: so a vendor with bad
    records every hour is read an hour behind, and never more.
    """
    ahead = state.pop(f"{place}_ahead", None)
    if again and (ahead or place in state):
        state[f"{place}_ahead"] = reached
        reached = ahead or state[place]
    state[place] = reached


def _is_due(state: Mapping[str, Any], name: str, every: timedelta, now: datetime) -> bool:
    return name not in state or now - datetime.fromisoformat(state[name]) >= every


def _swept(entity: Entity, pages: Iterable[list[Row]], now: datetime) -> list[pa.Table] | None:
    """Keys of all records there are; None if one of them cannot be read: then nothing is deleted,
    and the next run sweeps again."""
    found = [
        conform(entity, [{**row, VERSION_AT: now} for row in page], loaded_at=now) for page in pages
    ]
    if any(page.rejects.num_rows for page in found):
        return None
    return [page.table.select(list(entity.key)) for page in found]


def _keys_of_rejects(entity: Entity, rejects: pa.Table) -> pa.Table:
    """Keys of records that were set aside: they do not fit, but they are not gone."""
    records = [json.loads(record) for record in rejects["record"].to_pylist()]
    rows = [record for record in records if isinstance(record, dict)]
    fields = pa.schema([entity.columns.field(key) for key in entity.key])
    columns = [to_column([row.get(each.name) for row in rows], each.type)[0] for each in fields]
    return pa.Table.from_arrays(columns, schema=fields)


def _keys(entity: Entity, seen: list[pa.Table]) -> pl.DataFrame:
    empty = pa.schema([entity.columns.field(key) for key in entity.key]).empty_table()
    frame = pl.from_arrow(pa.concat_tables([empty, *seen]))
    assert isinstance(frame, pl.DataFrame)
    return frame
