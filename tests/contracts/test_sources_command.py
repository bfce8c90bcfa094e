"""`revlake sources` and `revlake sources test`, over real landings from a real vendor's API."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from ingestion.budget import DailyBudget
from ingestion.catalog import connection_model
from ingestion.landing import LandingReport, land
from ingestion.sandbox import credentials
from orchestration import cli
from orchestration.paths import DataPaths
from tests.contracts.company_sandbox import impatient
from tests.contracts.sandbox_server import NOW, Rows, Sandbox, account, at, opportunity, serve, user

HS, AIR = "hubspot", "aircall"
COMPANY: Rows = {
    "users": [user(1, HS), user(2, HS)],
    "accounts": [account(n, HS, "2026-11-01 08:00") for n in (1, 2, 3)],
    "opportunities": [opportunity(n, HS, "2026-11-04 08:00") for n in (1, 2)],
}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serve(COMPANY) as running:
        yield running


@pytest.fixture
def data(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory whose vendors are the sandbox; hubspot and aircall are on."""
    for name in list(cli.os.environ):
        if name.startswith(("REVLAKE_", "SOURCES__")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "250")  # rich looks at the process's own environment
    monkeypatch.setattr(cli.os, "environ", dict(cli.os.environ))
    monkeypatch.setenv("REVLAKE_PORTS__SANDBOX", str(urlsplit(sandbox.base_url).port))
    monkeypatch.setenv("REVLAKE_SOURCES__ON", f"{HS},{AIR}")
    return tmp_path


def landed(data: Path, sandbox: Sandbox, **budget: int) -> LandingReport:
    paths = DataPaths(data)
    return land(
        HS,
        connection=connection_model(HS)(**credentials.connections(sandbox.base_url)[HS]),
        lake_url=str(paths.lake),
        state_dir=paths.dlt,
        clock=lambda: NOW,
        patience=impatient(),
        budget=DailyBudget(**budget) if budget else None,
    )


def revlake(data: Path, *words: str, exit_code: int = 0) -> str:
    result = CliRunner().invoke(cli.app, ["--data", str(data), *words], catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result.output


def test_sources_tell_rows_freshness_and_the_vendors_day(data: Path, sandbox: Sandbox) -> None:
    report = landed(data, sandbox)
    sandbox.advance(3601)
    found = json.loads(revlake(data, "sources", "--json"))
    assert list(found)[:2] == [HS, AIR] and {HS, AIR, "salesforce", "files"} <= set(found)
    hubspot = found[HS]
    assert hubspot["rows"] == sum(table.rows for table in report.tables.values()) > 0
    assert hubspot["complete_at"] == NOW.isoformat() == hubspot["last_loaded_at"]
    assert (hubspot["age_hours"], hubspot["is_stale"]) == (1.0, False)
    assert hubspot["budget"]["calls_a_day"] == 100_000
    assert hubspot["budget"]["calls_today"] >= 18
    assert 649_000 < hubspot["budget"]["vendor_left"] < hubspot["budget"]["vendor_limit"] == 650_000
    assert found[AIR]["complete_at"] is None and found[AIR]["budget"]["calls_today"] == 0
    assert found["salesforce"]["to_switch_on"] == [
        '"salesforce" in `on` of [sources], revlake.toml'
    ]
    assert found["sql_database"]["to_switch_on"] == [
        "SOURCES__SQL_DATABASE__URL in .env",
        "[[sql_database.tables]] in revlake.toml",
        '"sql_database" in `on` of [sources], revlake.toml',
    ]
    sandbox.advance(3 * 3600)
    shown = revlake(data, "sources")
    assert "stale: 4.0 h ago, at most 3 h" in shown and "of 650,000" in shown
    assert "[sources], revlake.toml" in shown


def test_off_sources_name_the_credentials_that_live_vendors_need(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVLAKE_SOURCES__VENDOR_MODE", "live")
    monkeypatch.setenv("SOURCES__TWILIO__BASE_URL", "https://api.twilio.com")
    needed = json.loads(revlake(data, "sources", "--json"))["twilio"]["to_switch_on"]
    assert needed[0] == "SOURCES__TWILIO__ACCOUNT_SID in .env" and len(needed) == 4


def test_test_says_what_is_missing_and_writes_nothing(data: Path, sandbox: Sandbox) -> None:
    assert "missing" not in revlake(data, "sources", "test")
    assert not (data / "lake").exists()
    sandbox.fault(HS, "permission_denied", match="/crm/v3/owners")
    shown = revlake(data, "sources", "test", HS, exit_code=1)
    assert "required scopes" in shown and "crm.objects.owners.read" in shown
    assert "docs/sources/hubspot.md" in shown
    assert shown.count("missing permission") == 1


def test_test_of_a_source_that_is_none_names_those_there_are(data: Path) -> None:
    result = CliRunner().invoke(cli.app, ["--data", str(data), "sources", "test", "nosuch"])
    assert "allowed: aircall, dynamics" in str(result.exception)


def test_used_up_budget_shows_in_sources_and_status(
    data: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVLAKE_SOURCES__DAILY_CALLS__HUBSPOT", "10")
    report = landed(data, sandbox, calls=10)
    assert report.used_up_until == at("2026-11-19") and report.unfinished
    found = json.loads(revlake(data, "sources", "--json"))[HS]
    assert (found["budget"]["calls_today"], found["budget"]["calls_a_day"]) == (10, 10)
    assert found["budget"]["used_up_until"] == "2026-11-19T00:00:00+00:00"
    assert found["unfinished"] == sorted(report.unfinished)
    assert "hubspot: budget used up until 2026-11-19 00:00" in revlake(data, "sources")
    assert "hubspot: budget used up until 2026-11-19 00:00" in revlake(data, "status")
    sandbox.advance(timedelta(days=1).total_seconds())
    assert json.loads(revlake(data, "status", "--json"))["used_up"] == {}
