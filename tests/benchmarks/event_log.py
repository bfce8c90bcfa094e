"""What storing Dagster's events costs, with its own SQLite log and with ours, in one run."""

import resource
import tempfile
import time
from pathlib import Path

from dagster import AssetKey, AssetMaterialization, DagsterEvent, DagsterEventType
from dagster._core.events import StepMaterializationData
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from orchestration.dagster_storage import KeptOpenEventLog

EVENTS = 300


def section() -> str:
    """A table in Markdown: seconds and CPU seconds for storing EVENTS materializations."""
    lines = ["| event log | seconds | CPU seconds |", "|---|---|---|"]
    for log, name in ((SqliteEventLogStorage, "Dagster's own"), (KeptOpenEventLog, "ours")):
        with tempfile.TemporaryDirectory() as folder:
            seconds, cpu = _measure(log(folder), Path(folder))
        lines.append(f"| {name} | {seconds:.2f} | {cpu:.2f} |")
    return "\n".join(lines)


def _measure(log: SqliteEventLogStorage, folder: Path) -> tuple[float, float]:
    log.store_event(_event(0))
    began, cpu = time.monotonic(), _cpu()
    for number in range(1, EVENTS + 1):
        log.store_event(_event(number))
    spent = time.monotonic() - began, _cpu() - cpu
    stored = len(log.get_logs_for_run("run"))
    if stored != EVENTS + 1:
        raise RuntimeError(f"{stored} events in {folder}, not {EVENTS + 1}")
    log.dispose()
    return spent


def _event(number: int) -> EventLogEntry:
    materialization = AssetMaterialization(asset_key=AssetKey(["raw", f"table_{number}"]))
    return EventLogEntry(
        error_info=None,
        level=10,
        user_message="",
        run_id="run",
        timestamp=time.time(),
        dagster_event=DagsterEvent(
            event_type_value=DagsterEventType.ASSET_MATERIALIZATION.value,
            job_name="hourly",
            event_specific_data=StepMaterializationData(materialization),
        ),
    )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
