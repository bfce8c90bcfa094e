"""A code location with our schedules, over jobs that only wait until they are let go."""

import time

from dagster import Definitions, OpExecutionContext, definitions, in_process_executor, job, op
from dagster._core.definitions.job_definition import JobDefinition

from orchestration.jobs import HOURLY, NIGHTLY, PRIORITY
from orchestration.resources import WRITER_TAGS
from orchestration.schedules import refresh_schedules
from orchestration.settings import load_settings

POLL_SECONDS = 0.05


@definitions
def defs() -> Definitions:
    settings = load_settings()
    return Definitions(
        jobs=[_waiting_job(HOURLY), _waiting_job(NIGHTLY)],
        schedules=refresh_schedules(settings),
    )


@op
def wait(context: OpExecutionContext) -> None:
    let_go = load_settings().data / f"{context.job_name}-may-end"
    while not let_go.exists():
        time.sleep(POLL_SECONDS)


def _waiting_job(name: str) -> JobDefinition:
    @job(
        name=name,
        tags={**WRITER_TAGS, "dagster/priority": PRIORITY[name]},
        executor_def=in_process_executor,
    )
    def waiting() -> None:
        wait()

    return waiting
