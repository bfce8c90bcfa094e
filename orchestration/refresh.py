"""Run a job here and now, through Dagster's own instance: the UI shows it like any run."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.dagster_home import instance
from orchestration.errors import RevlakeError
from orchestration.settings import Settings
from orchestration.stale_runs import PROCESS_TAG

if TYPE_CHECKING:
    from dagster import EventLogEntry

LOG = "refresh.log"
LANDING = "land"


class RefreshError(RevlakeError):
    """A run ended without success; the message says which step failed and why."""


@dataclass
class Refresh:
    """What a run did; `failed_checks` are those that it went on without.

    `sources`: seconds that each source's landing took; they land side by side within one step.
    """

    job: str
    run_id: str
    seconds: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)
    sources: dict[str, float] = field(default_factory=dict)
    failed_checks: list[str] = field(default_factory=list)

    def timings(self) -> dict[str, float]:
        """Seconds of each step in order, a source's landing below the step that landed it."""
        shown: dict[str, float] = {}
        for step, seconds in self.steps.items():
            shown[step] = seconds
            if step == LANDING:
                shown |= {f"  {source}": taken for source, taken in self.sources.items()}
        return shown


@dataclass(frozen=True)
class Step:
    """News for whoever shows progress: the step that began or ended, and done of total."""

    name: str
    state: str  # started, succeeded or failed; landed is a source's news within a step
    done: int
    total: int


def refresh(settings: Settings, job: str, *, tell: Callable[[Step], None]) -> Refresh:
    """Run the job `hourly` or `nightly` to its end. Raises RefreshError.

    What Dagster and dbt print goes to <data>/logs/refresh.log.
    """
    began = time.monotonic()
    with instance(settings) as dagster, _output_to(settings.paths.logs / LOG):
        from dagster import DagsterEventType
        from dagster._core.utils import make_new_run_id

        from orchestration.assets.ingest import source_seconds
        from orchestration.definitions import build
        from orchestration.sensors import failed_checks

        definition = build(settings).resolve_job_def(job)
        run_id = make_new_run_id()
        result = Refresh(job=job, run_id=run_id)
        errors: list[str] = []
        total = len(definition.nodes)
        starts: dict[str, float] = {}

        def listen(entry: "EventLogEntry") -> None:
            event = entry.dagster_event
            step = entry.step_key
            if event is None or step is None:
                return
            if event.event_type == DagsterEventType.STEP_START:
                starts[step] = time.monotonic()
                tell(Step(step, "started", len(result.steps), total))
            elif event.event_type == DagsterEventType.STEP_SUCCESS:
                result.steps[step] = round(time.monotonic() - starts[step], 1)
                tell(Step(step, "succeeded", len(result.steps), total))
            elif event.event_type == DagsterEventType.STEP_FAILURE:
                failure = event.step_failure_data.error
                cause = failure.cause if failure and failure.cause else failure
                errors.append(f"{step}: {cause.message.strip() if cause else event.message}")
                tell(Step(step, "failed", len(result.steps), total))
            elif event.event_type == DagsterEventType.ASSET_MATERIALIZATION:
                landing = source_seconds(event.step_materialization_data.materialization)
                if landing and landing[0] not in result.sources:
                    result.sources.update([landing])
                    tell(Step(landing[0], "landed", len(result.steps), total))

        dagster.add_event_listener(run_id, listen)
        done = definition.execute_in_process(
            instance=dagster,
            run_id=run_id,
            raise_on_error=False,
            tags={PROCESS_TAG: str(os.getpid())},
            run_config={"loggers": {"console": {"config": {"log_level": "WARNING"}}}},
        )
        result.seconds = round(time.monotonic() - began, 1)
        result.failed_checks = failed_checks(dagster, done.dagster_run)
        if not done.success:
            raise RefreshError(
                f"the {job} refresh failed; the served release is untouched.\n"
                + "\n".join(errors or ["it did not start: see the log"])
                + f"\nLog: {settings.paths.logs / LOG}, and run {run_id} in the Dagster UI"
            )
        return result


@contextlib.contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Send the process's output to a file, down to the descriptors, for dbt's lines come that way.

    A console that shall still be seen must write to a duplicate: see orchestration.console.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with log.open("ab") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, target in zip(kept, (1, 2), strict=True):
            os.dup2(descriptor, target)
            os.close(descriptor)
