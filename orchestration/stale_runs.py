"""Clean-up after a crash: runs that Dagster still believes to be at work."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import psutil

from orchestration.dagster_home import instance
from orchestration.settings import Settings
from orchestration.writer_lock import holder

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

# The process of a run that was started from the command line.
PROCESS_TAG = "revlake/process"


def mark_stale_runs(settings: Settings) -> int:
    """When the code server starts: fail the started runs that nothing executes any more.

    A run that died with its code server stays STARTED and keeps the writer's slot. While somebody
    holds the writer's lock a run may be alive, so nothing is touched. Returns how many were failed.
    """
    if holder(settings.paths.serving) is not None:
        return 0
    with instance(settings) as dagster:
        stale = [run for run in _at_work(dagster) if not _is_alive(run.tags.get(PROCESS_TAG, ""))]
        return _fail(dagster, stale)


def mark_killed_commands(dagster: "DagsterInstance") -> int:
    """At any time: fail the runs of `revlake refresh` whose process was killed.

    Returns how many were failed.
    """
    ours = [run for run in _at_work(dagster) if PROCESS_TAG in run.tags]
    return _fail(dagster, [run for run in ours if not _is_alive(run.tags[PROCESS_TAG])])


def _at_work(dagster: "DagsterInstance") -> "Sequence[DagsterRun]":
    from dagster import DagsterRunStatus, RunsFilter

    statuses = [DagsterRunStatus.STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.CANCELING]
    return dagster.get_runs(filters=RunsFilter(statuses=statuses))


def _fail(dagster: "DagsterInstance", runs: "Sequence[DagsterRun]") -> int:
    for run in runs:
        dagster.report_run_failed(run, "Its process is gone: marked as failed by Revlake.")
        dagster.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return len(runs)


def _is_alive(process: str) -> bool:
    return process.isdigit() and psutil.pid_exists(int(process))
