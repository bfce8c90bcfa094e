"""Programs in processes forked from one that holds their libraries: a start costs no import."""

import gc
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.forkserver import ensure_running
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import CompletedProcess

from orchestration.garbage import collect_seldom
from tests.paths import PROJECT

Program = Callable[[Sequence[str]], object]
_PROCESSES = multiprocessing.get_context("forkserver")
ALWAYS = (__name__, "dbt.cli.main", "dbt.adapters.duckdb")
_PROCESSES.set_forkserver_preload(list(ALWAYS))


def load(modules: Sequence[str], environment: Mapping[str, str]) -> None:
    """What programs from now on find loaded, and in which environment; before the first of them."""
    _PROCESSES.set_forkserver_preload([*ALWAYS, *modules])
    kept = dict(os.environ)
    os.environ.update(environment)
    try:
        ensure_running()
    finally:
        os.environ.clear()
        os.environ.update(kept)


def start(
    program: Program,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    output: str = os.devnull,
    errors: str | None = None,
    folder: Path = PROJECT,
) -> BaseProcess:
    """Starts it in a session of its own, with this environment and nothing else.

    `output` is the file for what it says; `errors` another one, for what it says to stderr.
    """
    process = _PROCESSES.Process(
        target=_run, args=(program, arguments, dict(environment), output, errors, folder)
    )
    process.start()
    return process


def run(
    program: Program,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    folder: Path = PROJECT,
) -> CompletedProcess[str]:
    """Runs it to its end and gives what it said."""
    with (
        tempfile.NamedTemporaryFile("r", encoding="utf-8", suffix=".out") as output,
        tempfile.NamedTemporaryFile("r", encoding="utf-8", suffix=".err") as errors,
    ):
        process = start(
            program,
            arguments,
            environment,
            output=output.name,
            errors=errors.name,
            folder=folder,
        )
        process.join()
        return CompletedProcess(arguments, process.exitcode or 0, output.read(), errors.read())


def _run(
    program: Program,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    output: str,
    errors: str | None,
    folder: Path,
) -> None:
    collect_seldom()
    gc.freeze()
    os.setsid()
    with Path(output).open("ab") as said, Path(errors or output).open("ab") as said_to_stderr:
        os.dup2(said.fileno(), 1)
        os.dup2(said_to_stderr.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = [program.__name__, *arguments]
    program(arguments)
