"""Work in a process of its own, and what it took.

Such a process has its own peak of memory, and nothing in it was warmed up by other work.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
MIB = 2**20


@dataclass(frozen=True)
class Cost:
    """What a piece of work took. Bytes are those of read and write calls on files, so without what
    is mapped into memory; `peak` is the process's largest resident memory until now, in bytes."""

    seconds: float
    cpu_seconds: float
    read: int
    written: int
    peak: int


def cost_of(work: Callable[[], object]) -> Cost:
    """Does the work in this process."""
    began, cpu, io = time.monotonic(), _cpu_seconds(), _io()
    work()
    after = _io()
    return Cost(
        seconds=time.monotonic() - began,
        cpu_seconds=_cpu_seconds() - cpu,
        read=after["rchar"] - io["rchar"],
        written=after["wchar"] - io["wchar"],
        peak=_peak(),
    )


def in_process(
    module: str, *arguments: object, environment: Mapping[str, str] | None = None
) -> Any:
    """What `tell` told in a new Python that runs the module; its output is shown if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=PROJECT,
        env={**os.environ, "RUNTIME__DLTHUB_TELEMETRY": "false", **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        done.check_returncode()
    return json.loads(done.stdout.splitlines()[-1])


def tell(found: object) -> None:
    """Hands JSON to the process that waits in `in_process`; costs become objects."""
    print(json.dumps(found, default=asdict), flush=True)


def table(head: list[str], rows: list[list[str]]) -> str:
    """In Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _io() -> dict[str, int]:
    return {name: int(value) for name, value in _facts("/proc/self/io")}


def _peak() -> int:
    """By this program alone: getrusage's peak begins with that of the process that started it."""
    return int(dict(_facts("/proc/self/status"))["VmHWM"].split()[0]) * 1024


def _facts(file: str) -> list[tuple[str, str]]:
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
