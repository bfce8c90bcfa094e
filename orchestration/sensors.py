"""Who is told when something fails: one message to the webhook, for runs and for checks alike."""

from collections.abc import Sequence
from typing import Any

import httpx
from dagster import (
    AssetCheckSeverity,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunStatusSensorContext,
    SensorDefinition,
    run_failure_sensor,
    run_status_sensor,
)

from orchestration.settings import Settings

TIMEOUT_SECONDS = 10.0
LONGEST_MESSAGE = 1500


def failure_sensors(settings: Settings) -> list[SensorDefinition]:
    """Quiet without REVLAKE_WEBHOOK_URL; the failure stands in the Dagster UI in any case."""

    @run_failure_sensor(
        name="tell_of_failed_runs",
        default_status=DefaultSensorStatus.RUNNING,
        monitor_all_code_locations=True,
        description="Posts failed runs, with the checks that failed in them, to the webhook.",
    )
    def failed_runs(context: RunFailureSensorContext) -> None:
        run = context.dagster_run
        checks = failed_checks(context.instance, run)
        send(settings, message(run, context.failure_event.message or "", checks))

    @run_status_sensor(
        name="tell_of_failed_checks",
        run_status=DagsterRunStatus.SUCCESS,
        default_status=DefaultSensorStatus.RUNNING,
        monitor_all_code_locations=True,
        description="Posts failed checks of runs that went on without them, such as a source down.",
    )
    def failed_checks_of_good_runs(context: RunStatusSensorContext) -> None:
        checks = failed_checks(context.instance, context.dagster_run)
        if checks:
            send(settings, message(context.dagster_run, "ended, but checks failed", checks))

    return [failed_runs, failed_checks_of_good_runs]


def failed_checks(instance: DagsterInstance, run: DagsterRun) -> list[str]:
    """The checks of error severity that failed in a run, with what they said."""
    records = instance.get_records_for_run(
        run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION
    ).records
    failed = []
    for record in records:
        event = record.event_log_entry.dagster_event
        if event is None:
            continue
        data = event.asset_check_evaluation_data
        if data.passed or data.severity != AssetCheckSeverity.ERROR:
            continue
        said = data.metadata.get("error")
        failed.append(
            f"{data.asset_key.to_user_string()}: {data.check_name}"
            + (f" ({said.value})" if said else "")
        )
    return failed


def message(run: DagsterRun, what: str, checks: Sequence[str]) -> dict[str, Any]:
    lines = [f"Revlake: run {run.run_id[:8]} of {run.job_name}: {what}", *checks[:10]]
    if len(checks) > 10:
        lines.append(f"and {len(checks) - 10} more")
    return {
        "text": "\n".join(lines)[:LONGEST_MESSAGE],
        "job": run.job_name,
        "run_id": run.run_id,
        "failed_checks": list(checks),
    }


def send(settings: Settings, content: dict[str, Any]) -> bool:
    """Post to the webhook, if there is one; its address is a secret and is not logged."""
    if settings.webhook_url is None:
        return False
    httpx.post(settings.webhook_url, json=content, timeout=TIMEOUT_SECONDS).raise_for_status()
    return True
