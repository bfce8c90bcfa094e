"""When the jobs run by themselves. The hourly one gives way: to any writer, and to the night.

After a pause the daemon catches up on the last tick that it missed, unless a refresh did already.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from croniter import croniter
from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultScheduleStatus,
    RunRequest,
    RunsFilter,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    schedule,
)

from orchestration.jobs import HOURLY, NIGHTLY
from orchestration.resources import WRITER_TAGS
from orchestration.settings import Settings
from orchestration.stale_runs import mark_killed_commands
from orchestration.writer_lock import holder

# Not NOT_STARTED: a run that the daemon was creating when it was killed may stay so for ever.
AT_WORK = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def refresh_schedules(settings: Settings) -> list[ScheduleDefinition]:
    zone = settings.company.time_zone

    @schedule(
        name=HOURLY,
        job_name=HOURLY,
        cron_schedule=settings.schedules.hourly,
        execution_timezone=zone,
        default_status=DefaultScheduleStatus.RUNNING,
        description="Skips with a reason while a writer is at work or the nightly run is due.",
    )
    def hourly(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        mark_killed_commands(context.instance)
        due = context.scheduled_execution_time
        reason = reason_to_wait(settings, context.instance, due) or done_since(
            context.instance, due, by=[HOURLY, NIGHTLY]
        )
        return SkipReason(reason) if reason else RunRequest()

    @schedule(
        name=NIGHTLY,
        job_name=NIGHTLY,
        cron_schedule=settings.schedules.nightly,
        execution_timezone=zone,
        default_status=DefaultScheduleStatus.RUNNING,
        description="Queued before any hourly run; waits for the writer that is at work.",
    )
    def nightly(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        reason = done_since(context.instance, context.scheduled_execution_time, by=[NIGHTLY])
        return SkipReason(reason) if reason else RunRequest()

    return [hourly, nightly]


def reason_to_wait(settings: Settings, instance: DagsterInstance, at: datetime) -> str | None:
    """Why an hourly run would only stand in the way now, or None."""
    if croniter.match(settings.schedules.nightly, at):
        return "the nightly run starts at this minute and does all of it"
    runs = instance.get_runs(filters=RunsFilter(statuses=AT_WORK, tags=WRITER_TAGS), limit=1)
    if runs:
        run = runs[0]
        return f"run {run.run_id[:8]} of {run.job_name} is {run.status.value.lower()} and writes"
    writer = holder(settings.paths.serving)
    return f"{writer} writes" if writer else None


def done_since(instance: DagsterInstance, due: datetime, *, by: Sequence[str]) -> str | None:
    """Which run, begun after a tick was due, has done its work by now; None if none has."""
    after = due.astimezone(UTC)  # Dagster compares the digits alone
    for job in by:
        done = RunsFilter(job_name=job, statuses=[DagsterRunStatus.SUCCESS], created_after=after)
        runs = instance.get_runs(filters=done, limit=1)
        if runs:
            return f"run {runs[0].run_id[:8]} of {job} has begun since and did it"
    return None
