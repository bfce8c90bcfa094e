"""The command line: what can be learnt from it, and how it fails."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration import cli
from orchestration.release import CheckRecord, RequiredTable, open_candidate, publish, record_checks
from orchestration.writer_lock import writing
from tests.paths import PROJECT
from tests.ports import free_port_base

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
COMMANDS = (
    "demo",
    "up",
    "down",
    "doctor",
    "refresh",
    "import",
    "rollback",
    "sandbox",
    "status",
    "sql",
    "dashboards",
)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with two releases; its ports are nobody's."""
    for name in list(cli.os.environ):
        if name.startswith("REVLAKE_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(cli.os, "environ", dict(cli.os.environ))
    monkeypatch.setenv("REVLAKE_PORT_BASE", str(free_port_base()))
    with writing(tmp_path / "serving", what="test") as writer:
        for rows in (1, 2):
            candidate = open_candidate(writer, run=str(rows), as_of=NOW, now=NOW)
            with duckdb.connect(str(candidate.database("lakehouse"))) as session:
                session.execute("create schema if not exists marts")
                session.execute(f"create or replace table marts.deals as from range({rows}) r(n)")
                session.execute("create schema if not exists scores")
                session.execute(
                    "create or replace table scores.fct_model_evaluations as select "
                    "'lead_scoring' as model, '1' as model_version, now() as evaluated_at, "
                    "'brier' as metric, value, baseline_name, 0.2 as baseline_value, "
                    "true as is_champion from (values (0.1, 'logistic'), (0.15, 'rate')) "
                    "as beside (value, baseline_name)"
                )
            with duckdb.connect(str(candidate.database("warehouse"))) as session:
                session.execute("create table if not exists staged as select 1 as one")
            record_checks(candidate, [CheckRecord("dbt", "unique", passed=True)])
            publish(
                writer,
                candidate,
                required=[RequiredTable("marts.deals")],
                suites=["dbt"],
                now=NOW,
                facts={
                    "sources": {
                        "hubspot": {
                            "tables": 2,
                            "rows": 10,
                            "rejects": 1,
                            "last_loaded_at": "2026-11-22T02:59:00+00:00",
                        }
                    }
                },
            )
    return tmp_path


def revlake(data: Path, *words: str) -> str:
    result = CliRunner().invoke(cli.app, ["--data", str(data), *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_help_names_every_command_and_shows_examples() -> None:
    shown = CliRunner().invoke(cli.app, ["--help"]).output
    assert all(command in shown for command in COMMANDS)
    for command in ("demo", "refresh", "sql", "import", "rollback", "sandbox"):
        assert f"revlake {command}" in CliRunner().invoke(cli.app, [command, "--help"]).output


def test_help_starts_without_loading_dagster_or_duckdb() -> None:
    code = (
        "import sys, orchestration.cli; "
        "sys.exit(str(sorted({'dagster', 'duckdb', 'dlt', 'mlflow', 'polars'} & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == "[]"


def test_status_as_json_has_what_programs_ask_for(data: Path) -> None:
    found = json.loads(revlake(data, "status", "--json"))
    assert set(found) >= {
        "release",
        "published_at",
        "sources",
        "checks",
        "dashboards",
        "models",
        "services",
    }
    assert found["release"] == "20261122T030000Z-1"
    assert found["checks"] == {"passed": 1, "failed": 0}
    assert found["sources"]["hubspot"]["rows"] == 10
    assert found["models"]["lead_scoring"]["metrics"] == {"brier": 0.1}
    assert found["models"]["lead_scoring"]["baselines"] == {
        "logistic": {"brier": 0.2}, "rate": {"brier": 0.2}
    }  # fmt: skip
    beside = {"logistic": {"brier": 0.1}, "rate": {"brier": 0.15}}
    assert found["models"]["lead_scoring"]["beside"] == beside
    assert found["services"] == {
        "sandbox": False,
        "superset": False,
        "code_server": False,
        "webserver": False,
        "daemon": False,
    }


def test_status_without_any_release_still_answers(tmp_path: Path, data: Path) -> None:
    found = json.loads(revlake(tmp_path / "empty", "status", "--json"))
    assert found["release"] is None and found["models"] == {}


def test_status_for_people_is_a_table(data: Path) -> None:
    shown = revlake(data, "status")
    assert "20261122T030000Z-1" in shown and "hubspot" in shown and "lead_scoring" in shown
    assert re.search(r"0\.1000 .*logistic", shown) and re.search(r"0\.1500 .*rate", shown)


@pytest.mark.parametrize(
    ("output", "expected"),
    [("csv", "n\n0\n1\n"), ("json", '[\n  {\n    "n": 0\n  },\n  {\n    "n": 1\n  }\n]\n')],
)
def test_sql_prints_for_programs(data: Path, output: str, expected: str) -> None:
    statement = "select n from marts.deals order by n"
    assert revlake(data, "sql", statement, "--format", output) == expected


def test_sql_prints_a_table_for_people(data: Path) -> None:
    assert "2 rows" in revlake(data, "sql", "select n from marts.deals")


@pytest.mark.parametrize(
    "statement",
    [
        "drop table marts.deals",
        "create table marts.x as select 1",
        "insert into marts.deals values (9)",
        "select * from read_csv('/etc/passwd')",
        "attach '/tmp/other.duckdb'",
        "copy marts.deals to '/tmp/deals.csv'",
        "set enable_external_access = true",
        "select nonsense",
    ],
)
def test_sql_reads_the_release_and_nothing_else(data: Path, statement: str) -> None:
    result = CliRunner().invoke(cli.app, ["--data", str(data), "sql", statement])
    assert type(result.exception).__name__ == "QueryError"
    assert (
        revlake(data, "sql", "select count(*) as n from marts.deals", "--format", "csv") == "n\n2\n"
    )


def test_rollback_serves_the_release_before(data: Path) -> None:
    assert "20261122T030000Z is served now" in revlake(data, "rollback")
    assert (
        revlake(data, "sql", "select count(*) as n from marts.deals", "--format", "csv") == "n\n1\n"
    )
    revlake(data, "rollback", "20261122T030000Z-1")
    assert (
        revlake(data, "sql", "select count(*) as n from marts.deals", "--format", "csv") == "n\n2\n"
    )


def test_a_known_error_is_a_message_and_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from orchestration.cli import main; main()",
            "--data",
            str(tmp_path / "none"),
            "sql",
            "select 1",
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no release is served" in done.stderr and "Traceback" not in done.stderr


def test_down_without_services_says_so(tmp_path: Path, data: Path) -> None:
    assert "nothing was running" in revlake(tmp_path / "other", "down")
