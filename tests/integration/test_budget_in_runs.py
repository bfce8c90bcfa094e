"""A run whose sources have used up their day: they end cleanly, the others go on."""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    DagsterInstance,
    ExecuteInProcessResult,
    materialize,
)

from orchestration.assets.ingest import LANDED, landing_step
from orchestration.raw_tables import raw_tables
from orchestration.resources import resources
from orchestration.settings import Settings, load_settings
from tests.contracts.sandbox_server import Rows, Sandbox, account, opportunity, serve, user

COMPANY: Rows = {
    "users": [user(1, "hubspot"), user(2, "dynamics")],
    "accounts": [
        account(n, crm, "2026-11-01 08:00") for n, crm in ((1, "hubspot"), (2, "dynamics"))
    ],
    "opportunities": [opportunity(1, "hubspot", "2026-11-04 08:00")],
}
# Hubspot's ten are used up in the middle, the one of Dynamics before anything can be read.
BUDGETS = {"hubspot": 10, "dynamics": 1}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(COMPANY) as running:
        yield running


@pytest.fixture(scope="module")
def settings(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("REVLAKE_PORTS__SANDBOX", str(urlsplit(sandbox.base_url).port))
        patched.setenv("REVLAKE_SOURCES__ON", "hubspot,dynamics,aircall")
        patched.setenv("REVLAKE_SOURCES__DAILY_CALLS", json.dumps(BUDGETS))
        made = load_settings(data=tmp_path_factory.mktemp("data"))
        made.paths.create()
        yield made


def run(settings: Settings) -> ExecuteInProcessResult:
    with DagsterInstance.ephemeral() as instance:
        return materialize(
            [landing_step(settings, settings.sources.on)],
            resources=resources(settings),
            instance=instance,
        )


def stopped(result: ExecuteInProcessResult, source: str) -> list[AssetCheckEvaluation]:
    """The checks of a source's landing that did not pass."""
    return [
        check
        for check in result.get_asset_check_evaluations()
        if check.check_name == LANDED and check.asset_key.path[1] == source and not check.passed
    ]


def test_used_up_sources_warn_the_others_land_and_the_next_day_catches_up(
    settings: Settings, sandbox: Sandbox
) -> None:
    first = run(settings)
    assert first.success
    for source, tables in (("hubspot", 25), ("dynamics", 21)):
        checks = stopped(first, source)
        assert {check.severity for check in checks} == {AssetCheckSeverity.WARN}
        assert 0 < len(checks) <= tables
        said = str([check.metadata for check in checks])
        assert f"{source}: budget used up until 2026-11-19 00:00 UTC" in said
    assert stopped(first, "aircall") == []
    enough = settings.sources.model_copy(update={"daily_calls": {}})
    sandbox.advance(24 * 3600)
    second = run(settings.model_copy(update={"sources": enough}))
    assert [stopped(second, source) for source in settings.sources.on] == [[], [], []]
    rows = {table.name: table.rows for table in raw_tables(settings.paths.lake, BUDGETS)}
    assert rows["raw/hubspot/deals"] == 1 and rows["raw/dynamics/accounts"] == 1
