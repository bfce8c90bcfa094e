"""Clean-up after a crash: runs that Dagster still believes to be at work."""

import psutil

from orchestration.dagster_home import instance
from orchestration.settings import Settings
from orchestration.writer_lock import holder

# The process of a run that was started from the command line.
PROCESS_TAG = "revlake/process"


def mark_stale_runs(settings: Settings) -> int:
    """Fail the started runs that nothing executes any more, and free what they hold.

    A run that died with its code server stays STARTED and keeps the writer's slot. While somebody
    holds the writer's lock a run may be alive, so nothing is touched. Returns how many were failed.
    """
    from dagster import DagsterRunStatus, RunsFilter

    if holder(settings.paths.serving) is not None:
        return 0
    with instance(settings) as dagster:
        stale = dagster.get_runs(
            filters=RunsFilter(
                statuses=[
                    DagsterRunStatus.STARTED,
                    DagsterRunStatus.STARTING,
                    DagsterRunStatus.CANCELING,
                ]
            )
        )
        stale = [run for run in stale if not _is_alive(run.tags.get(PROCESS_TAG, ""))]
        for run in stale:
            dagster.report_run_failed(
                run, "Its process is gone: marked as failed when the services were started."
            )
            dagster.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        return len(stale)


def _is_alive(process: str) -> bool:
    return process.isdigit() and psutil.pid_exists(int(process))
