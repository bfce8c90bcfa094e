"""Dagster's SQLite storage with an event log that keeps its connections open.

Dagster's own log makes an engine, opens the file and closes it for every event, and closing the
last connection to a file in WAL mode writes it through to the disk. A refresh stores two events and
more for each of some four hundred assets and checks; see tests/benchmarks/event_log.py.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from dagster._core.storage.event_log.polling_event_watcher import SqlPollingEventWatcher
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy.pool import StaticPool

# The index, the run at work, and those that somebody looks at.
KEPT_FILES = 6


class KeptOpenEventLog(SqliteEventLogStorage):
    """The same files and tables. A crash of the process loses nothing; one of the machine may lose
    the last events, never the file: SQLite's `synchronous = normal` in WAL mode."""

    def __init__(self, base_dir: str) -> None:
        self._engines: OrderedDict[str, sqlalchemy.Engine] = OrderedDict()
        self._found: set[str] = set()
        super().__init__(base_dir)
        # Dagster watches the file itself, which an open connection leaves alone for long.
        self._watcher = SqlPollingEventWatcher(self)

    def watch(self, run_id: str, cursor: str | None, callback: Any) -> None:
        self._watcher.watch_run(run_id, cursor, callback)

    def end_watch(self, run_id: str, handler: Any) -> None:
        self._watcher.unwatch_run(run_id, handler)

    def has_table(self, table_name: str) -> bool:
        """As Dagster's own, which asks the file for each check; a table that is there stays."""
        if table_name not in self._found and super().has_table(table_name):
            self._found.add(table_name)
        return table_name in self._found

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def dispose(self) -> None:
        self._watcher.close()
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()
        super().dispose()

    def _engine(self, shard: str) -> sqlalchemy.Engine:
        engine = self._engines.get(shard)
        if engine is None:
            engine = sqlalchemy.create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            sqlalchemy.event.listen(engine, "connect", _no_sync_at_each_commit)
            self._initdb(engine)
            self._engines[shard] = engine
        self._engines.move_to_end(shard)
        if len(self._engines) > KEPT_FILES:
            self._engines.popitem(last=False)[1].dispose()
        return engine


class SqliteStorage(DagsterSqliteStorage):
    """Runs, events and schedules under `base_dir`, where Dagster's own storage would put them."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = KeptOpenEventLog(self._event_log_storage._base_dir)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "SqliteStorage":
        return cls.from_local(inst_data=inst_data, **config_value)


def _no_sync_at_each_commit(connection: Any, record: Any) -> None:
    connection.execute("pragma synchronous = normal")
