"""A real export comes through to the dashboards: Maven's CRM sample by the shipped mapping."""

import json

import pytest

from orchestration.query import served
from tests.e2e.conftest import Stack
from tests.e2e.superset_queries import query_metric
from tests.paths import PROJECT, SHARED_DATA

pytestmark = pytest.mark.skipif(
    not SHARED_DATA.is_dir(), reason="the shared sample data is not beside the project"
)
REGIONS = "region_name in ('Central', 'East', 'West')"


@pytest.fixture(scope="module")
def imported(stack: Stack) -> Stack:
    stack.revlake(
        "import",
        str(SHARED_DATA / "samples" / "maven_crm_opportunities"),
        "--mapping",
        str(PROJECT / "docs" / "examples" / "maven_crm.yml"),
    )
    return stack


def ask_files(stack: Stack, query: str) -> list[dict]:
    return json.loads(stack.revlake("sql", query, "--format", "json").stdout)


def test_all_opportunities_arrive_with_their_value(imported: Stack) -> None:
    (row,) = ask_files(
        imported,
        "select count(*) as deals, sum(amount) filter (where is_won) as won, "
        "round(avg(is_won::int) filter (where is_closed), 4) as win_rate, "
        "count(*) filter (where account_key is null) as without_account, "
        "count(*) filter (where product_key is null) as without_product "
        "from marts.fct_opportunities where source = 'files'",
    )
    assert row["deals"] == 8800
    assert float(row["won"]) == 10_005_534
    assert float(row["win_rate"]) == 0.6315
    assert row["without_account"] == 1425
    assert row["without_product"] == 0


def test_with_another_source_all_tables_are_made_anew(imported: Stack) -> None:
    release = served(imported.settings.paths.serving)
    runs = imported.settings.paths.dbt / "runs"
    for step in ("dbt_core", "dbt_scores"):
        ran = json.loads((runs / f"{release.id}-{step}" / "run_results.json").read_text("utf-8"))
        assert ran["args"]["full_refresh"] is True


def test_the_chart_shows_what_was_won(imported: Stack) -> None:
    session, base = imported.superset("executive"), imported.settings.url("superset")
    assert query_metric(
        session, base, imported.datasets["opportunities"], "bookings", where=REGIONS
    )[None] == (pytest.approx(10_005_534))
    rate = query_metric(
        session, base, imported.datasets["opportunities"], "win_rate", where=REGIONS
    )[None]
    assert round(rate, 4) == 0.6315
