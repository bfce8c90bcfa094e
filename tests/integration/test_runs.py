"""Runs by schedule: who waits for whom, what a crash leaves, and who is told of failures."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dagster import DagsterInstance, DagsterRunStatus, job, op
from dagster._core.test_utils import create_run_for_test

from orchestration import dagster_home, stale_runs
from orchestration.schedules import done_since, reason_to_wait
from orchestration.sensors import message, send
from orchestration.settings import Settings, load_settings
from orchestration.writer_lock import writing

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in list(os.environ):
        if name.startswith("REVLAKE_"):
            monkeypatch.delenv(name)
    return load_settings(data=tmp_path)


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def writer_run(
    instance: DagsterInstance, status: DagsterRunStatus, tags: dict[str, str] | None = None
) -> str:
    run = create_run_for_test(
        instance, job_name="nightly", status=status, tags={"lake": "writer", **(tags or {})}
    )
    return run.run_id


def status_of(instance: DagsterInstance, run_id: str) -> DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_hourly_runs_when_nobody_writes(settings: Settings, instance: DagsterInstance) -> None:
    writer_run(instance, DagsterRunStatus.SUCCESS)
    writer_run(instance, DagsterRunStatus.FAILURE)
    assert reason_to_wait(settings, instance, NOON) is None


@pytest.mark.parametrize("status", [DagsterRunStatus.STARTED, DagsterRunStatus.STARTING])
def test_hourly_skips_while_a_writer_runs_or_starts(
    settings: Settings, instance: DagsterInstance, status: DagsterRunStatus
) -> None:
    run_id = writer_run(instance, status)
    reason = reason_to_wait(settings, instance, NOON)
    assert reason is not None and run_id[:8] in reason and "nightly" in reason


def test_hourly_skips_while_the_command_line_writes(
    settings: Settings, instance: DagsterInstance
) -> None:
    with writing(settings.paths.serving, what="revlake import"):
        reason = reason_to_wait(settings, instance, NOON)
    assert reason is not None and "revlake import" in reason


def test_hourly_gives_way_to_the_night(settings: Settings, instance: DagsterInstance) -> None:
    reason = reason_to_wait(settings, instance, NIGHT)
    assert reason is not None and "nightly" in reason


def test_a_run_that_never_got_into_the_queue_holds_nobody_up(
    settings: Settings, instance: DagsterInstance
) -> None:
    writer_run(instance, DagsterRunStatus.NOT_STARTED)
    assert reason_to_wait(settings, instance, NOON) is None


def test_a_missed_tick_is_not_caught_up_after_a_run_that_did_its_work(
    instance: DagsterInstance,
) -> None:
    writer_run(instance, DagsterRunStatus.FAILURE)
    assert done_since(instance, LONG_AGO, by=["nightly"]) is None
    run_id = writer_run(instance, DagsterRunStatus.SUCCESS)
    assert done_since(instance, LONG_AGO, by=["hourly"]) is None
    assert run_id[:8] in str(done_since(instance, LONG_AGO, by=["hourly", "nightly"]))
    in_an_hour = datetime.now(ZoneInfo("America/New_York")) + timedelta(hours=1)
    assert done_since(instance, in_an_hour, by=["nightly"]) is None


def test_a_killed_command_is_failed_at_any_time_and_what_dagster_runs_is_left_alone(
    instance: DagsterInstance,
) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    tag = stale_runs.PROCESS_TAG
    killed = writer_run(instance, DagsterRunStatus.STARTED, {tag: str(ended.pid)})
    living = writer_run(instance, DagsterRunStatus.STARTED, {tag: str(os.getpid())})
    dagsters = writer_run(instance, DagsterRunStatus.STARTED)
    assert stale_runs.mark_killed_commands(instance) == 1
    assert status_of(instance, killed) == DagsterRunStatus.FAILURE
    assert status_of(instance, living) == DagsterRunStatus.STARTED
    assert status_of(instance, dagsters) == DagsterRunStatus.STARTED


def test_runs_that_a_crash_left_are_failed_and_living_ones_are_not(
    settings: Settings, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = writer_run(instance, DagsterRunStatus.STARTED)
    alive = writer_run(
        instance, DagsterRunStatus.STARTED, {stale_runs.PROCESS_TAG: str(os.getpid())}
    )
    monkeypatch.setattr(stale_runs, "instance", lambda _: _Open(instance))
    assert stale_runs.mark_stale_runs(settings) == 1
    assert status_of(instance, dead) == DagsterRunStatus.FAILURE
    assert status_of(instance, alive) == DagsterRunStatus.STARTED


def test_nothing_is_failed_while_somebody_holds_the_writers_lock(settings: Settings) -> None:
    with writing(settings.paths.serving, what="a run"):
        assert stale_runs.mark_stale_runs(settings) == 0


def test_the_instance_keeps_everything_in_the_data_directory(settings: Settings) -> None:
    before = dict(os.environ)
    try:

        @op
        def nothing() -> None: ...

        @job
        def empty() -> None:
            nothing()

        with dagster_home.instance(settings) as dagster:
            assert not dagster.telemetry_enabled
            assert empty.execute_in_process(instance=dagster).success
            assert str(settings.data) in dagster.storage_directory()
        assert (settings.paths.dagster / "history" / "runs.db").exists()
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_a_failure_is_posted_to_the_webhook(settings: Settings, instance: DagsterInstance) -> None:
    received: list[dict[str, object]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        run = instance.get_run_by_id(writer_run(instance, DagsterRunStatus.FAILURE))
        assert run is not None
        url = f"http://127.0.0.1:{server.server_port}/secret-path"
        told = settings.model_copy(update={"webhook_url": url})
        assert "secret-path" not in repr(told)
        assert send(told, message(run, "a step failed", ["raw/hubspot/deals: landed"]))
        assert not send(settings, message(run, "a step failed", []))
    finally:
        server.shutdown()
        thread.join()
    assert received[0]["job"] == "nightly"
    assert received[0]["failed_checks"] == ["raw/hubspot/deals: landed"]


class _Open:
    """An instance that stays open after a `with`."""

    def __init__(self, instance: DagsterInstance) -> None:
        self.instance = instance

    def __enter__(self) -> DagsterInstance:
        return self.instance

    def __exit__(self, *_: object) -> None: ...
