"""One writer at a time: the file lock that every refresh, rollback and clean-up holds.

Dagster's limits keep the queue orderly; this lock holds even for runs that bypass the queue. It is
a `flock`, so the kernel frees it when its holder dies, however it dies.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.errors import RevlakeError

LOCK_FILE = "writer.lock"
POLL_SECONDS = 0.1
# A reader that asks who writes holds a shared lock for a moment; a writer outwaits it.
SHORTEST_WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class Holder:
    pid: int
    what: str
    since: str

    def __str__(self) -> str:
        return f"{self.what} (process {self.pid}, since {self.since})"


class WriterBusyError(RevlakeError):
    """Another writer is at work; `holder` says which, if it could be read."""

    def __init__(self, serving: Path, holder: Holder | None) -> None:
        super().__init__(
            f"{serving} is being written by {holder or 'another process'}; "
            "wait for it, or stop it, then try again"
        )
        self.holder = holder


@dataclass(frozen=True)
class Writer:
    """The proof of holding the lock; whatever changes the serving directory asks for it."""

    serving: Path
    what: str


@contextmanager
def writing(serving: Path, *, what: str, wait_seconds: float = 0.0) -> Iterator[Writer]:
    """Hold the lock while the block runs. Raises WriterBusyError after `wait_seconds`."""
    serving.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + max(wait_seconds, SHORTEST_WAIT_SECONDS)
    with (serving / LOCK_FILE).open("a+", encoding="utf-8") as stream:
        while not _try_lock(stream.fileno(), fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise WriterBusyError(serving, _read_holder(serving))
            time.sleep(POLL_SECONDS)
        stream.truncate(0)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        stream.write(json.dumps({"pid": os.getpid(), "what": what, "since": since}))
        stream.flush()
        try:
            yield Writer(serving, what)
        finally:
            stream.truncate(0)


def holder(serving: Path) -> Holder | None:
    """Who writes now, or None. Never keeps a writer out."""
    file = serving / LOCK_FILE
    if not file.exists():
        return None
    with file.open("r", encoding="utf-8") as stream:
        if _try_lock(stream.fileno(), fcntl.LOCK_SH):
            return None
    return _read_holder(serving) or Holder(pid=0, what="another process", since="a moment ago")


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_holder(serving: Path) -> Holder | None:
    try:
        return Holder(**json.loads((serving / LOCK_FILE).read_text(encoding="utf-8")))
    except (json.JSONDecodeError, TypeError):
        return None  # the holder is just writing or clearing its name
