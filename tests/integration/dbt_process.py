"""dbt in processes of their own, over what was parsed once for all tests with the same settings."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from dbt.cli.main import dbtRunner

from tests.forked import run
from tests.made_once import made_once
from tests.paths import PROJECT

DBT_PROJECT = PROJECT / "dbt_project"
# What dbt parses differently; with no more than these set, tests share what was parsed.
PARSED_BY = (
    "REVLAKE_SOURCES",
    "REVLAKE_CURRENCY",
    "REVLAKE_TIME_ZONE",
    "REVLAKE_FISCAL_YEAR_START_MONTH",
)
STATE = "partial_parse.msgpack"


def parsed(environment: Mapping[str, str]) -> Path:
    """A folder with what `dbt parse` finds: manifest.json and dbt's own state."""
    told = "\0".join(f"{name}={environment.get(name)}" for name in PARSED_BY)

    def parse(folder: Path) -> None:
        _run(
            ["parse"], {**environment, "DBT_TARGET_PATH": str(folder), "DBT_LOG_PATH": str(folder)}
        )

    return made_once(f"dbt-{hashlib.sha256(told.encode()).hexdigest()[:16]}", parse)


def run_dbt(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Runs dbt with this environment and nothing else; gives its output, or AssertionError.

    Its target folder, DBT_TARGET_PATH, gets what was parsed for the same settings.
    """
    state = Path(environment["DBT_TARGET_PATH"]) / STATE
    if not state.exists():
        state.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(parsed(environment) / STATE, state)
    return _run(arguments, environment)


def _run(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    # A log file would say again, in every detail, what the tables show.
    quiet = {**environment, "DBT_LOG_LEVEL_FILE": "none"}
    done = run(dbt, arguments, quiet, folder=DBT_PROJECT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def dbt(arguments: Sequence[str]) -> None:
    """What one process does."""
    done = dbtRunner().invoke(list(arguments))
    if done.exception is not None:
        raise done.exception
    raise SystemExit(not done.success)
