"""The dashboards in a real browser, and who sees what."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml
from selenium.webdriver import Chrome

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

DASHBOARDS = ("executive-pulse", "my-pipeline", "pipeline-and-forecast")
OWN = "my-pipeline"
PLAIN_PAGE = "/revlake/favicon.svg"
ASSETS = PROJECT / "semantic" / "superset" / "assets"
ARTIFACTS = PROJECT / "data" / "test-artifacts"
ROW_RESTRICTED = (
    "opportunities", "sales_performance", "activities", "leads", "pipeline_history",
    "opportunity_scores", "lead_scores",
)  # fmt: skip


WITHOUT_PEOPLE = ("forecasts", "campaign_spend")


def charts_of(slug: str) -> int:
    asset = yaml.safe_load((ASSETS / "dashboards" / f"{slug}.yaml").read_text("utf-8"))
    return sum(
        isinstance(part, dict) and part.get("type") == "CHART"
        for part in asset["position"].values()
    )


@dataclass
class Browser:
    """One browser that several people use, one after the other."""

    driver: Chrome
    stack: Stack
    role: str = ""

    def signed_in(self, role: str) -> Chrome:
        """The browser with `role` signed in, and nothing left of who was before."""
        if role != self.role:
            base, username = self.stack.settings.url("superset"), self.stack.login(role).username
            # A page that still asks, now as nobody, would bring back a cookie of nobody's.
            self.driver.get(f"{base}{PLAIN_PAGE}")
            self.driver.delete_all_cookies()
            sign_in(self.driver, base, username, self.stack.password(role))
            self.role = role
        return self.driver


@pytest.fixture(scope="module")
def browser(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield Browser(driver, stack)


@pytest.mark.parametrize("slug", DASHBOARDS)
def test_an_executive_sees_every_chart_drawn(stack: Stack, browser: Browser, slug: str) -> None:
    count = charts_of(slug)
    assert count >= 8
    executive = browser.signed_in("executive")
    base = stack.settings.url("superset")
    open_dashboard(executive, base, slug, charts=count)
    screenshot(executive, ARTIFACTS / f"{slug}.png")
    assert chart_errors(executive) == []
    assert drawn_charts(executive) == count
    console = [e["message"] for e in executive.get_log("browser") if "Refused to" in e["message"]]
    assert not [line for line in console if base in line]


@pytest.mark.parametrize("role", ["manager", "rep"])
def test_a_rep_and_a_manager_see_what_is_theirs_in_every_chart(
    stack: Stack, browser: Browser, role: str
) -> None:
    driver = browser.signed_in(role)
    open_dashboard(driver, stack.settings.url("superset"), OWN, charts=charts_of(OWN))
    screenshot(driver, ARTIFACTS / f"{OWN}-{role}.png")
    assert chart_errors(driver) == []
    assert drawn_charts(driver) == charts_of(OWN)
    cells = set(texts(driver, "table td"))
    assert cells & _names(stack, role), "no table shows one's own people"
    assert not cells & (_names(stack, "executive") - _names(stack, role))


@pytest.mark.parametrize("role", ["manager", "rep"])
def test_company_forecast_and_spend_are_not_offered_to_reps_and_managers(
    stack: Stack, role: str
) -> None:
    session, base = stack.superset(role), stack.settings.url("superset")
    offered = session.get(f"{base}/api/v1/dashboard/", timeout=60)
    offered.raise_for_status()
    assert {row["slug"] for row in offered.json()["result"]} == {OWN}
    for dataset in WITHOUT_PEOPLE:
        answer = chart_data(session, base, stack.datasets[dataset], metrics=[], columns=[])
        assert answer.status_code == 403


def _names(stack: Stack, role: str) -> set[str]:
    """The reps whose deals a role sees."""
    return {name for (name,) in _seen(stack, role, "opportunities", "rep_name")} - {None}


@pytest.mark.parametrize("dataset", ROW_RESTRICTED)
def test_the_api_gives_a_rep_only_the_own_rows(stack: Stack, dataset: str) -> None:
    assert _seen(stack, "rep", dataset, "rep_username") == {(stack.login("rep").username,)}


@pytest.mark.parametrize("dataset", ROW_RESTRICTED)
def test_the_api_gives_a_manager_only_the_teams_rows(stack: Stack, dataset: str) -> None:
    everybody = _seen(stack, "executive", dataset, "manager_username", "rep_username")
    manager = stack.login("manager").username
    team = {(rep,) for boss, rep in everybody if boss == manager}
    assert _seen(stack, "manager", dataset, "rep_username") == team
    assert len(team) > 1


def _seen(stack: Stack, role: str, dataset: str, *columns: str) -> set[tuple[str | None, ...]]:
    """The distinct values of some columns, as a role sees them."""
    session, base = stack.signed_in(role), stack.settings.url("superset")
    answer = chart_data(session, base, stack.datasets[dataset], metrics=[], columns=list(columns))
    answer.raise_for_status()
    rows = answer.json()["result"][0]["data"]
    return {tuple(row[column] for column in columns) for row in rows}
