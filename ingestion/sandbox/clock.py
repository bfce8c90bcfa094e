"""The sandbox's clock, and the state directory that lets a restart go on where it was."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

STATE_FILE = "sandbox.json"


class StateMismatchError(Exception):
    """The state directory belongs to a company of another seed or scale."""


def parse_instant(text: str) -> datetime:
    """ISO 8601 to an aware UTC instant; an instant without offset is UTC."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no instant; write 2026-11-18T10:00:00Z") from error
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC)


def iso(instant: datetime) -> str:
    """UTC instant as text with a Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def real_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Beginning:
    """What identifies a simulated company: the same values give the same company."""

    seed: int
    scale: float
    start: datetime


class Clock:
    """Company time: flows with real time unless frozen, and moves on by `advance`.

    Every change is written to the state directory, so a restart keeps seed, scale and offset.
    """

    def __init__(
        self,
        *,
        beginning: Beginning,
        now: datetime,
        frozen: bool,
        state_file: Path | None = None,
        real: Callable[[], datetime] = real_now,
    ) -> None:
        self.beginning = beginning
        self.frozen = frozen
        self._real = real
        self._offset = now - real()
        self._stopped_at = now
        self._state_file = state_file
        self._lock = threading.Lock()
        self._save()

    def now(self) -> datetime:
        with self._lock:
            return self._stopped_at if self.frozen else self._real() + self._offset

    def advance(self, seconds: float) -> datetime:
        """Move on by `seconds` (never back: what was served stays true) and return the new now."""
        if seconds < 0:
            raise ValueError("the clock moves forward only: seconds must be 0 or more")
        with self._lock:
            self._offset += timedelta(seconds=seconds)
            self._stopped_at += timedelta(seconds=seconds)
            self._save()
        return self.now()

    def _save(self) -> None:
        if self._state_file is None:
            return
        state = {
            "seed": self.beginning.seed,
            "scale": self.beginning.scale,
            "start": iso(self.beginning.start),
            "offset_seconds": self._offset.total_seconds(),
            "stopped_at": iso(self._stopped_at),
        }
        partial = self._state_file.with_suffix(".tmp")
        partial.write_text(json.dumps(state, indent=2), encoding="utf-8")
        partial.replace(self._state_file)


def open_clock(
    state_dir: Path,
    *,
    seed: int,
    scale: float,
    start: Callable[[datetime], datetime],
    now: datetime | None,
    frozen: bool,
    real: Callable[[], datetime] = real_now,
) -> Clock:
    """Clock of `state_dir`: a new one starts at `now`, an existing one goes on where it was.

    `start` gives the first day of a new company's history for its first `now`.
    Raises StateMismatchError where the directory was made with another seed or scale.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    state_file = state_dir / STATE_FILE
    if not state_file.exists():
        begin_at = now or real()
        beginning = Beginning(seed, scale, start(begin_at))
        return Clock(
            beginning=beginning, now=begin_at, frozen=frozen, state_file=state_file, real=real
        )
    state = json.loads(state_file.read_text(encoding="utf-8"))
    if (state["seed"], state["scale"]) != (seed, scale):
        raise StateMismatchError(
            f"{state_dir} holds the company of seed {state['seed']}, scale {state['scale']}; "
            f"asked for seed {seed}, scale {scale}. Use these values or another --state-dir."
        )
    if frozen:
        resumed = parse_instant(state["stopped_at"])
    else:
        resumed = real() + timedelta(seconds=state["offset_seconds"])
    return Clock(
        beginning=Beginning(seed, scale, parse_instant(state["start"])),
        now=resumed,
        frozen=frozen,
        state_file=state_file,
        real=real,
    )
