"""Our schedules in Dagster's own scheduler, queue and run worker, with the clock in our hands."""

import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import (
    QueuedRunCoordinatorDaemon,
)
from dagster._scheduler.scheduler import ScheduleIterationTimes, launch_scheduled_runs

from orchestration import dagster_home
from orchestration.settings import load_settings
from tests.paths import PROJECT

# In the future, since runs of today count as done after any tick of the past.
DAY = {"year": 2090, "month": 6, "day": 1, "tzinfo": UTC}
LONGEST_SECONDS = 120.0


@dataclass
class Scheduler:
    """The daemon's parts, each run once when asked."""

    data: Path
    instance: DagsterInstance
    context: WorkspaceProcessContext
    times: dict[str, ScheduleIterationTimes]

    def tick(self, moment: datetime) -> None:
        for _ in launch_scheduled_runs(self.context, logging.getLogger("test"), moment, self.times):
            pass

    def launch(self) -> None:
        for _ in QueuedRunCoordinatorDaemon(interval_seconds=1).run_iteration(self.context):
            pass

    def runs(self, job: str) -> list[DagsterRun]:
        return list(self.instance.get_runs(filters=RunsFilter(job_name=job)))

    def wait_for(self, job: str, status: DagsterRunStatus) -> None:
        deadline = time.monotonic() + LONGEST_SECONDS
        while self.runs(job)[0].status != status:
            assert time.monotonic() < deadline, self.runs(job)[0].status
            time.sleep(0.1)

    def said(self, schedule: str) -> str | None:
        """Why the newest tick of a schedule was skipped."""
        location = self.context.create_request_context().get_code_location("scheduled")
        remote = next(iter(location.get_repositories().values())).get_schedule(schedule)
        ticks = self.instance.get_ticks(remote.get_remote_origin_id(), remote.selector_id, limit=1)
        return ticks[0].skip_reason


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Scheduler]:
    before = dict(os.environ)
    for name in before:
        if name.startswith("REVLAKE_"):
            del os.environ[name]
    os.environ["REVLAKE_COMPANY__TIME_ZONE"] = "UTC"
    target = ModuleTarget("tests.integration.scheduled_code", None, str(PROJECT), "scheduled")
    try:
        with (
            dagster_home.instance(load_settings(data=tmp_path)) as instance,
            WorkspaceProcessContext(instance, target) as context,
        ):
            yield Scheduler(tmp_path, instance, context, {})
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_scheduled_runs_pass_the_queue_and_give_way_to_each_other(scheduler: Scheduler) -> None:
    scheduler.tick(datetime(**DAY, hour=0, minute=30))  # from now on the schedules are known
    scheduler.tick(datetime(**DAY, hour=1, second=5))
    assert [run.status for run in scheduler.runs("hourly")] == [DagsterRunStatus.QUEUED]
    scheduler.launch()
    scheduler.wait_for("hourly", DagsterRunStatus.STARTED)
    first = scheduler.runs("hourly")[0]

    scheduler.tick(datetime(**DAY, hour=2, second=5))
    assert scheduler.said("hourly") == f"run {first.run_id[:8]} of hourly is started and writes"

    scheduler.tick(datetime(**DAY, hour=3, second=5))
    assert "nightly" in (scheduler.said("hourly") or "")
    assert len(scheduler.runs("hourly")) == 1
    scheduler.launch()
    assert [run.status for run in scheduler.runs("nightly")] == [DagsterRunStatus.QUEUED]

    (scheduler.data / "hourly-may-end").touch()
    (scheduler.data / "nightly-may-end").touch()
    scheduler.wait_for("hourly", DagsterRunStatus.SUCCESS)
    scheduler.launch()
    scheduler.wait_for("nightly", DagsterRunStatus.SUCCESS)
