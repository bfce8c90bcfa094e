"""dbt in processes of their own, forked from one that has loaded dbt: a start costs no import."""

import multiprocessing
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from dbt.cli.main import dbtRunner

from tests.paths import PROJECT

DBT_PROJECT = PROJECT / "dbt_project"
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__, "dbt.adapters.duckdb"])


def run_dbt(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Runs dbt with this environment and nothing else; gives its output, or AssertionError."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8", suffix=".log") as output:
        process = _PROCESSES.Process(target=_dbt, args=(arguments, environment, output.name))
        process.start()
        process.join()
        said = output.read()
    assert process.exitcode == 0, said
    return said


def _dbt(arguments: Sequence[str], environment: Mapping[str, str], output: str) -> None:
    """What one process does: takes on the environment, leads its output away, runs dbt."""
    with Path(output).open("ab") as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(DBT_PROJECT)
    done = dbtRunner().invoke(list(arguments))
    if done.exception is not None:
        raise done.exception
    raise SystemExit(not done.success)
