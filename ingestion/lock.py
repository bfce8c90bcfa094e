"""One landing per source at a time, across processes: a lock that dies with its holder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LockHeld(Exception):  # noqa: N818 - reads as the state it reports
    """Somebody else holds the lock; `holder` is the process id, 0 if it could not be read."""

    def __init__(self, path: Path, holder: int) -> None:
        super().__init__(f"{path} is held by process {holder or 'unknown'}")
        self.holder = holder


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Holds the file lock while the block runs; raises LockHeld at once rather than wait.

    The system releases the lock when the process ends, however it ends, so no stale lock can
    remain; the process id in the file is only for the message.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            raise LockHeld(path, int(text) if text.isdigit() else 0) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode("ascii"), 0)
        yield
    finally:
        os.close(descriptor)
