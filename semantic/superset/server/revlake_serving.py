"""How Superset meets the served release: one locked DuckDB connection, one stamp per publish.

`serving/current` is a symlink to `releases/<id>`; a publish or a rollback replaces it.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

SERVED_FILE = "lakehouse.duckdb"

Mutator = Callable[[Any, dict[str, Any], str | None, Any, Any], tuple[Any, dict[str, Any]]]


class ServedFileOnlyError(Exception):
    """A database other than the served release was asked for over DuckDB."""


def release_stamp(serving_dir: Path) -> str:
    """Name of this very publish: release and the instant the link was set.

    The instant is part of it so that a rollback to an earlier release counts as a new publish.
    """
    link = serving_dir / "current"
    try:
        return f"{link.readlink()}@{link.lstat().st_mtime_ns}"
    except FileNotFoundError:
        return "unpublished"


class KeptOpen:
    """A connection that nobody asks anything, to the file that is served.

    Superset closes each connection after its query. While one is open, DuckDB gives the next ones
    the same database: its catalog is read, and blocks of the file stay in memory.
    """

    def __init__(self) -> None:
        self._file = ""
        self._connection: Any = None
        self._lock = threading.Lock()

    def __call__(self, uri: Any, arguments: dict[str, Any]) -> None:
        """Open the file of `uri` if it is another one than before, and let go of that one."""
        with self._lock:
            if uri.database == self._file or not Path(uri.database).exists():
                return
            before = self._connection
            engine = create_engine(uri, poolclass=NullPool, connect_args=arguments)
            self._connection, self._file = engine.raw_connection(), uri.database
        if before is not None:
            before.close()


def lock_duckdb(serving_dir: Path, *, threads: int, memory_limit: str) -> Mutator:
    """The `DB_CONNECTION_MUTATOR`: whatever a bundle or an admin typed, this is what is opened.

    Only the served file can be opened over DuckDB, read-only, without reach to files, network or
    extensions, and none of it can be changed by a statement. Every connection of the process has
    the same configuration, because DuckDB refuses two different ones on one open file. The link is
    resolved here, so that a file already open under the link's name is never taken for the new one.
    """
    served = serving_dir / "current" / SERVED_FILE
    config = {
        "access_mode": "READ_ONLY",
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "threads": str(threads),
        "memory_limit": memory_limit,
        "lock_configuration": "true",
    }
    keep_open = KeptOpen()

    def mutate(
        uri: Any, params: dict[str, Any], _username: str | None, _manager: Any, _source: Any
    ) -> tuple[Any, dict[str, Any]]:
        if uri.get_backend_name() != "duckdb":
            return uri, params
        if not _is_served(Path(uri.database or ""), serving_dir):
            raise ServedFileOnlyError(
                f"DuckDB may open {served} only, not {uri.database!r}: point the database there."
            )
        opened = uri.set(database=os.path.realpath(served), query={})
        keep_open(opened, {"config": dict(config)})
        return opened, {**params, "connect_args": {"config": dict(config)}}

    return mutate


def _is_served(asked: Path, serving_dir: Path) -> bool:
    named = (asked.parent.name, asked.name) == ("current", SERVED_FILE)
    return named and asked.parent.parent.resolve() == serving_dir.resolve()
