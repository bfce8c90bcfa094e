"""A first look at a source: may its credentials read what it lands? Nothing is written.

Each entity is read as a run would read it, up to the first records and for a few calls at most.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Literal, NoReturn

import pyarrow as pa
from pydantic import BaseModel

from ingestion.budget import DailyBudget
from ingestion.catalog import daily_budget, entities, permissions
from ingestion.entity import Entity, Page
from ingestion.feed import AnyFeed, Bookmark, TokenFeed
from ingestion.http import (
    BudgetUsedUpError,
    DayLeft,
    Meter,
    Patience,
    RefusedError,
    SourceDownError,
    VendorError,
    scrub,
)
from ingestion.landing import metered, secrets_of

MOST_CALLS = 5
RECENT = timedelta(hours=1)
BRIEF = Patience(attempts=3, total_seconds=30.0)

State = Literal[
    "ok",
    "not there",
    "missing permission",
    "refused",
    "wrong credentials",
    "out of reach",
    "budget used up",
    "not asked",
]
FINE: tuple[State, ...] = ("ok", "not there")
# After these no other entity would fare better.
ENDS: tuple[State, ...] = ("wrong credentials", "out of reach", "budget used up")
TO_GRANT: tuple[State, ...] = ("missing permission", "refused")


@dataclass(frozen=True)
class Look:
    """What came of one entity: `said` in the vendor's words, without secrets, and what to grant."""

    entity: str
    state: State
    calls: int
    said: str = ""
    permission: str = ""

    @property
    def is_fine(self) -> bool:
        return self.state in FINE


class _EnoughError(Exception):
    """As many calls as a look may take, and all of them were answered."""


class _FewCalls:
    """Lets through a few calls an entity, and counts them with all others of the day."""

    def __init__(self, counted: Meter) -> None:
        self._counted = counted
        self._lock = threading.Lock()
        self.calls = 0

    def spend(self, *, again: bool) -> None:
        with self._lock:
            if self.calls >= MOST_CALLS and not again:
                raise _EnoughError
            self.calls += not again
        self._counted.spend(again=again)

    def tell(self, day: DayLeft) -> None:
        self._counted.tell(day)

    def end_day(self, why: str, wait_seconds: float | None) -> NoReturn:
        self._counted.end_day(why, wait_seconds)


def probe(
    source: str,
    *,
    connection: BaseModel,
    state_dir: Path,
    clock: Callable[[], datetime],
    patience: Patience = BRIEF,
    budget: DailyBudget | None = None,
    known: Sequence[Entity] | None = None,
) -> Iterator[Look]:
    """A look at each entity of a source, in the order in which it lands them.

    `known`: the entities, for a source whose settings name them.
    """
    seen_at = clock()
    counting = metered(source, patience, budget or daily_budget(source), state_dir, seen_at)
    meter = _FewCalls(counting.meter)
    build = import_module(f"ingestion.sources.{source}").build_source
    granted = defaultdict(str, permissions(source))
    secrets = secrets_of(connection)

    def looked(name: str, read: Callable[[], None]) -> Look:
        meter.calls = 0
        state, said = _outcome(read)
        return look_of(name, state, meter.calls, scrub(said, secrets))

    def look_of(name: str, state: State, calls: int, said: str) -> Look:
        return Look(name, state, calls, said, granted[name] if state in TO_GRANT else "")

    def begin() -> None:
        feeds.extend(build(connection, clock=lambda: seen_at, patience=few))

    feeds: list[AnyFeed] = []
    few = replace(counting, meter=meter)
    begun = looked(source, begin)
    if begun.state != "ok":
        for entity in entities(source) if known is None else known:
            yield look_of(entity.name, begun.state, begun.calls, begun.said)
        return
    ended: Look | None = None
    for feed in feeds:
        name = feed.entity.name
        if ended is None:
            look = looked(name, partial(_read_some, feed, seen_at))
            if look.state == "ok" and not look.calls:
                look = Look(name, "not there", 0, "the account does not have it")
            ended = look if look.state in ENDS else None
            yield look
        else:
            yield Look(name, "not asked", 0, f"{ended.entity}: {ended.state}")


def _outcome(read: Callable[[], None]) -> tuple[State, str]:
    try:
        read()
    except _EnoughError:
        return "ok", ""
    except RefusedError as refused:
        states: dict[str | None, State] = {
            "credentials": "wrong credentials",
            "permission": "missing permission",
        }
        return states.get(refused.lack, "refused"), refused.said
    except SourceDownError as down:
        return "out of reach", str(down)
    except BudgetUsedUpError as used_up:
        return "budget used up", str(used_up)
    except VendorError as error:
        return "refused", str(error)
    return "ok", ""


def _read_some(feed: AnyFeed, seen_at: datetime) -> None:
    """Reads until something comes or nothing more does."""
    pages = iter(_pages(feed, seen_at))
    while (page := next(pages, None)) is not None:
        if page.num_rows if isinstance(page, pa.Table) else page:
            return


def _pages(feed: AnyFeed, seen_at: datetime) -> Iterable[Page]:
    if feed.probe is not None:
        return feed.probe()
    if isinstance(feed, TokenFeed):
        return feed.read(Bookmark(None))
    return feed.read(None if feed.complete else seen_at - RECENT)
