"""How many calls a day a source may make, counted across runs, and what the vendor says of it.

The count is the length of a file: a call appends one byte, so that it is right for processes side
by side and after a kill. What the vendor says of its own day lies beside it.
"""

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

from ingestion.http import BudgetUsedUpError, DayLeft

# How often at most the vendor's own figure is written down.
WRITE_SECONDS = 1.0
LOOK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class DailyBudget:
    """At most `calls` calls a day, which begins at midnight in `zone`; None: as many as needed.

    Where the vendor tells what is left of its own day, the share `kept_free` of that is left to the
    company's other tools. `is_rolling`: the vendor looks at the last 24 hours, so what it says may
    be better an hour later.
    """

    calls: int | None = None
    zone: str = "UTC"
    kept_free: float = 0.1
    is_rolling: bool = False

    def day(self, now: datetime) -> str:
        return now.astimezone(ZoneInfo(self.zone)).date().isoformat()

    def ends_at(self, now: datetime) -> datetime:
        """When the day of `now` is over."""
        here = now.astimezone(ZoneInfo(self.zone))
        midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight.astimezone(UTC)


@dataclass(frozen=True)
class DayState:
    """What is known of a day: calls made, what the vendor last said, until when nothing goes."""

    calls: int = 0
    left: DayLeft | None = None
    used_up_until: datetime | None = None
    why: str | None = None


def day_state(folder: Path, source: str, budget: DailyBudget, now: datetime) -> DayState:
    """The state of the day of `now`, as the runs so far left it in `folder`."""
    calls = _calls_file(folder, source, budget.day(now))
    state = replace(_read_word(folder, source, budget, now), calls=_size(calls))
    if state.used_up_until is None and budget.calls is not None and state.calls >= budget.calls:
        return replace(state, used_up_until=budget.ends_at(now), why=_own_words(state.calls))
    return state


class DayMeter:
    """Counts a source's calls, and stops it at its budget or at what the vendor says."""

    def __init__(
        self, source: str, budget: DailyBudget, folder: Path, clock: Callable[[], datetime]
    ) -> None:
        self._source = source
        self._budget = budget
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._day = ""
        self._state = DayState()
        self._written_at = datetime.min.replace(tzinfo=UTC)
        folder.mkdir(parents=True, exist_ok=True)

    def spend(self, *, again: bool) -> None:
        """Counts a call; raises BudgetUsedUpError when there must be none."""
        with self._lock:
            now = self._clock()
            self._begin_day(now)
            file = _calls_file(self._folder, self._source, self._day)
            made = _size(file)
            stopped = self._state.used_up_until
            if stopped is not None and now < stopped:
                self._stop(self._state.why or "", stopped)
            if self._budget.calls is not None and made >= self._budget.calls:
                self._stop(_own_words(made), self._budget.ends_at(now))
            with file.open("ab") as counted:
                counted.write(b".")

    def tell(self, day: DayLeft) -> None:
        """Keeps what the vendor said; near its end nothing more goes."""
        with self._lock:
            now = self._clock()
            self._begin_day(now)
            known = self._state.left
            limit = day.limit or max(day.remaining, (known and known.limit) or 0)
            self._state = replace(self._state, left=DayLeft(day.remaining, limit))
            if day.remaining <= self._budget.kept_free * limit:
                until = self._vendor_resets_at(now)
                why = f"the vendor has {day.remaining} of {limit} left of its day, for all tools"
                self._write(replace(self._state, used_up_until=until, why=why), now)
            elif (now - self._written_at).total_seconds() >= WRITE_SECONDS:
                self._write(self._state, now)

    def end_day(self, why: str, wait_seconds: float | None) -> NoReturn:
        """Stops the source until the vendor's day is over, or for as long as it asked."""
        with self._lock:
            now = self._clock()
            self._begin_day(now)
            until = self._vendor_resets_at(now)
            if wait_seconds is not None:
                until = now + timedelta(seconds=wait_seconds)
            self._write(replace(self._state, used_up_until=until, why=why), now)
            self._stop(why, until)

    def _vendor_resets_at(self, now: datetime) -> datetime:
        return now + LOOK_AGAIN if self._budget.is_rolling else self._budget.ends_at(now)

    def _begin_day(self, now: datetime) -> None:
        day = self._budget.day(now)
        if day == self._day:
            return
        for old in self._folder.glob(f"{self._source}-*.calls"):
            if old != _calls_file(self._folder, self._source, day):
                old.unlink(missing_ok=True)
        self._day = day
        self._state = _read_word(self._folder, self._source, self._budget, now)

    def _write(self, state: DayState, now: datetime) -> None:
        self._state = state
        self._written_at = now
        word = {
            "day": self._day,
            "remaining": state.left.remaining if state.left else None,
            "limit": state.left.limit if state.left else None,
            "used_up_until": state.used_up_until.isoformat() if state.used_up_until else None,
            "why": state.why,
        }
        file = _word_file(self._folder, self._source)
        partial = file.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(word), encoding="utf-8")
        partial.replace(file)

    def _stop(self, why: str, until: datetime) -> NoReturn:
        raise BudgetUsedUpError(
            f"{self._source}: budget used up until {until:%Y-%m-%d %H:%M} UTC ({why}); what was "
            "read is landed, and the next run after that goes on",
            until=until,
        )


def _read_word(folder: Path, source: str, budget: DailyBudget, now: datetime) -> DayState:
    """What the vendor said, as far as it still holds."""
    file = _word_file(folder, source)
    if not file.exists():
        return DayState()
    word = json.loads(file.read_text(encoding="utf-8"))
    left = None
    if word["day"] == budget.day(now) and word["remaining"] is not None:
        left = DayLeft(word["remaining"], word["limit"])
    until = datetime.fromisoformat(word["used_up_until"]) if word["used_up_until"] else None
    if until is None or until <= now:
        return DayState(left=left)
    return DayState(left=left, used_up_until=until, why=word["why"])


def _own_words(calls: int) -> str:
    return f"the {calls} calls that Revlake may make a day are made"


def _calls_file(folder: Path, source: str, day: str) -> Path:
    return folder / f"{source}-{day}.calls"


def _word_file(folder: Path, source: str) -> Path:
    return folder / f"{source}.json"


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
