"""Both dashboards in a real browser, and who sees what."""

import pytest
import yaml
from selenium.webdriver.common.by import By

from tests.e2e.browser import (
    chart_errors,
    chromium,
    drawn_charts,
    open_dashboard,
    screenshot,
    sign_in,
    texts,
)
from tests.e2e.conftest import Stack
from tests.e2e.superset_queries import chart_data
from tests.paths import PROJECT

DASHBOARDS = ("executive-pulse", "pipeline-and-forecast")
ASSETS = PROJECT / "semantic" / "superset" / "assets"
ARTIFACTS = PROJECT / "data" / "test-artifacts"
# The company's forecast is no rep's: its rows belong to nobody, so a rep's charts of it are empty.
CLOSED_TO_REPS = tuple(
    f"{title}: empty"
    for title in (
        "Company forecast by fiscal quarter with 80 % interval",
        "Forecast by fiscal quarter and region",
        "Forecast, this quarter",
        "Track record: first-week forecast against what was booked",
    )
)
ROW_RESTRICTED = (
    "opportunities", "sales_performance", "activities", "leads", "pipeline_history",
    "opportunity_scores", "lead_scores",
)  # fmt: skip


def charts_of(slug: str) -> int:
    asset = yaml.safe_load((ASSETS / "dashboards" / f"{slug}.yaml").read_text("utf-8"))
    return sum(
        isinstance(part, dict) and part.get("type") == "CHART"
        for part in asset["position"].values()
    )


@pytest.mark.parametrize("slug", DASHBOARDS)
def test_an_executive_sees_every_chart_drawn(stack: Stack, slug: str, tmp_path) -> None:
    count = charts_of(slug)
    assert count >= 8
    base = stack.settings.url("superset")
    with chromium(tmp_path) as driver:
        sign_in(driver, base, stack.login("executive").username, stack.password("executive"))
        open_dashboard(driver, base, slug, charts=count)
        screenshot(driver, ARTIFACTS / f"{slug}.png")
        assert chart_errors(driver) == []
        assert drawn_charts(driver) == count
        console = [e["message"] for e in driver.get_log("browser") if "Refused to" in e["message"]]
        assert not [line for line in console if base in line]


def test_a_rep_sees_the_own_deals_and_nobody_elses(stack: Stack, tmp_path) -> None:
    rep = stack.login("rep")
    base = stack.settings.url("superset")
    slug = "pipeline-and-forecast"
    with chromium(tmp_path) as driver:
        sign_in(driver, base, rep.username, stack.password("rep"))
        open_dashboard(driver, base, slug, charts=charts_of(slug))
        screenshot(driver, ARTIFACTS / f"{slug}-rep.png")
        assert {error for error in chart_errors(driver) if error not in CLOSED_TO_REPS} == set()
        header = texts(driver, "table thead th")
        assert header, "no table was drawn"
        cells = {element.text for element in driver.find_elements(By.CSS_SELECTOR, "table td")}
        assert rep.name in cells


@pytest.mark.parametrize("dataset", ROW_RESTRICTED)
def test_the_api_gives_a_rep_only_the_own_rows(stack: Stack, dataset: str) -> None:
    assert _reps_seen(stack, "rep", dataset) == {stack.login("rep").username}


@pytest.mark.parametrize("dataset", ROW_RESTRICTED)
def test_the_api_gives_a_manager_only_the_teams_rows(stack: Stack, dataset: str) -> None:
    everybody = _reps_seen(stack, "executive", dataset, "manager_username", "rep_username")
    manager = stack.login("manager").username
    team = {rep for boss, rep in everybody if boss == manager}
    assert _reps_seen(stack, "manager", dataset) == team
    assert len(team) > 1


def _reps_seen(stack: Stack, role: str, dataset: str, *columns: str) -> set:
    session, base = stack.superset(role), stack.settings.url("superset")
    wanted = list(columns or ("rep_username",))
    answer = chart_data(session, base, stack.datasets[dataset], metrics=[], columns=wanted)
    answer.raise_for_status()
    rows = answer.json()["result"][0]["data"]
    return {tuple(r[c] for c in wanted) if len(wanted) > 1 else r[wanted[0]] for r in rows}
