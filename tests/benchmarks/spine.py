"""How long the whole way takes: `python -m tests.benchmarks.spine` writes docs/performance.md.

Everything runs in a clean clone of HEAD with an empty home directory, on this machine, one thing
after another; then come the benchmarks of parts. Seconds differ from machine to machine; the shares
of the steps do not much.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from tests.benchmarks import event_log, landing
from tests.paths import SHARED_DATA

PROJECT = Path(__file__).resolve().parents[2]
REPORT = PROJECT / "docs" / "performance.md"
PORT_BASE = "24100"
LEAST_SHARE = 0.01
PROMISES = {
    "make demo-once, clean clone": 360.0,
    "nightly refresh": 180.0,
    "hourly refresh": 60.0,
    "make test": 480.0,
}


@dataclass(frozen=True)
class Measured:
    """One command: its wall time, and the share of each step where it has steps."""

    what: str
    seconds: float
    steps: Mapping[str, float]


class Clone:
    """A clean clone of HEAD with an empty home, and what is run in it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "revlake"
        home = folder / "home"
        home.mkdir()
        kept = {name: value for name, value in os.environ.items() if not _is_ours(name)}
        self.environment = {**kept, "HOME": str(home), "REVLAKE_PORT_BASE": PORT_BASE}
        self._run(["git", "clone", "-q", str(PROJECT), str(self.path)], folder)
        if SHARED_DATA.is_dir():
            (folder / SHARED_DATA.parent.name).symlink_to(SHARED_DATA.parent)

    def run(self, *command: str) -> float:
        """Seconds; raises CalledProcessError with the output on stderr."""
        began = time.monotonic()
        self._run(list(command), self.path)
        return time.monotonic() - began

    def revlake(self, *arguments: str) -> float:
        return self.run(str(self.path / ".venv" / "bin" / "revlake"), *arguments)

    def last_run(self, what: str, job: str) -> "Measured":
        """The newest run of a job by Dagster's own event log, from its first step to its last."""
        code = (
            "import json, sys\n"
            "from orchestration.dagster_home import instance\n"
            "from orchestration.settings import load_settings\n"
            "from orchestration.assets.ingest import source_seconds\n"
            "from dagster import DagsterEventType, DagsterRunStatus, RunsFilter\n"
            "with instance(load_settings()) as dagster:\n"
            "    wanted = RunsFilter(job_name=sys.argv[1], statuses=[DagsterRunStatus.SUCCESS])\n"
            "    run = dagster.get_runs(filters=wanted, limit=1)[0]\n"
            "    steps = [s for s in dagster.get_run_step_stats(run.run_id) if s.end_time]\n"
            "    seconds = max(s.end_time for s in steps) - min(s.start_time for s in steps)\n"
            "    each = {s.step_key: s.end_time - s.start_time for s in steps}\n"
            "    landed = DagsterEventType.ASSET_MATERIALIZATION\n"
            "    for record in dagster.get_records_for_run(run.run_id, of_type=landed).records:\n"
            "        found = source_seconds(record.asset_materialization)\n"
            "        each |= {f'land: {found[0]}, beside the others': found[1]} if found else {}\n"
            "    print(json.dumps([seconds, each]))\n"
        )
        python = str(self.path / ".venv" / "bin" / "python")
        done = self._run([python, "-c", code, job], self.path)
        seconds, steps = json.loads(done.stdout.splitlines()[-1])
        return Measured(what, seconds, steps)

    def _run(self, command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, cwd=folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
            done.check_returncode()
        return done


def measure(folder: Path, *, with_suite: bool) -> list[Measured]:
    clone = Clone(folder)
    demo = clone.run("make", "demo-once")
    results = [
        Measured("make demo-once, clean clone", demo, {}),
        clone.last_run("nightly refresh", "nightly"),
    ]
    clone.revlake("up")
    try:
        for what, ahead in (("hourly refresh", "1h"), ("hourly refresh, next minute", "1m")):
            clone.revlake("sandbox", "advance", ahead)
            command = clone.revlake("refresh", "hourly")
            results.append(clone.last_run(what, "hourly"))
            results.append(Measured(f"{what}, whole command", command, {}))
    finally:
        clone.revlake("down")
    if with_suite:
        results.append(Measured("make test", clone.run("make", "test"), {}))
    return results


def report(results: list[Measured], *, with_landing: bool) -> str:
    lines = [
        "# Performance",
        "",
        "Made by `make benchmark` (`tests/benchmarks/spine.py`) in a clean clone, empty home",
        "directory; the sandbox at scale 1: 60 reps, 4,000 accounts, 25,000 leads, 12,000",
        "opportunities, 300,000 activities.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {psutil.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, Python {platform.python_version()}.",
        "",
        "| what | seconds | at most |",
        "|---|---|---|",
    ]
    for result in results:
        promise = PROMISES.get(result.what)
        lines.append(
            f"| {result.what} | {result.seconds:.0f} | {f'{promise:.0f}' if promise else ''} |"
        )
    for result in (r for r in results if r.steps):
        total = result.seconds
        lines += ["", f"## {result.what}: steps", "", "| step | seconds | share |", "|---|---|---|"]
        shown = sorted(result.steps.items(), key=lambda item: -item[1])
        for step, seconds in shown:
            if seconds / total >= LEAST_SHARE:
                lines.append(f"| {step} | {seconds:.1f} | {seconds / total:.0%} |")
    lines += ["", f"## Storing {event_log.EVENTS} events of Dagster", "", event_log.section()]
    if with_landing:
        lines += ["", landing.report(list(landing.SECTIONS))]
    return "\n".join(lines) + "\n"


def _is_ours(name: str) -> bool:
    return name.startswith(("REVLAKE_", "DAGSTER_", "DBT_", "VIRTUAL_ENV", "PYTHONPATH"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-suite", action="store_true", help="leave out `make test`")
    parser.add_argument("--without-landing", action="store_true", help="leave out its benchmarks")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="revlake-benchmark-"))
    try:
        results = measure(folder, with_suite=not options.without_suite)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    written = report(results, with_landing=not options.without_landing)
    REPORT.write_text(written, encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
