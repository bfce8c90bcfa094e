"""Dagster's event log over connections that stay open: the same log, seen by others at once."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetExecutionContext, AssetKey, DagsterInstance, asset, materialize
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from orchestration.dagster_home import instance as open_instance
from orchestration.dagster_storage import KEPT_FILES, KeptOpenEventLog
from orchestration.settings import load_settings


@asset
def deals() -> None: ...


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    monkeypatch.setenv("REVLAKE_DATA", str(tmp_path / "data"))
    with open_instance(load_settings()) as opened:
        yield opened


def test_the_instance_uses_it(instance: DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, KeptOpenEventLog)


def test_dagsters_own_storage_reads_what_it_wrote(instance: DagsterInstance) -> None:
    runs = [materialize([deals], instance=instance).run_id for _ in range(KEPT_FILES + 2)]
    own = SqliteEventLogStorage(instance.event_log_storage._base_dir)
    for run in runs:
        ours = instance.event_log_storage.get_logs_for_run(run)
        assert len(ours) > 5
        assert own.get_logs_for_run(run) == ours
    records = own.get_asset_records([AssetKey("deals")])
    assert records[0].asset_entry.last_run_id == runs[-1]


def test_another_process_sees_events_while_the_run_goes_on(instance: DagsterInstance) -> None:
    webserver = KeptOpenEventLog(instance.event_log_storage._base_dir)
    told = threading.Event()

    @asset
    def slow(context: AssetExecutionContext) -> None:
        webserver.watch(context.run_id, None, lambda entry, cursor: told.set())
        assert told.wait(20), "nothing was told while the run went on"

    try:
        assert materialize([slow], instance=instance).success
    finally:
        webserver.dispose()


def test_a_crash_of_the_machine_cannot_break_the_file(instance: DagsterInstance) -> None:
    materialize([deals], instance=instance)
    index = Path(instance.event_log_storage.path_for_shard("index"))
    with sqlite3.connect(index) as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
