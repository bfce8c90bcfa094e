"""Deployment: complete, repeatable, and refused when it is faulty or unsafe."""

import dataclasses
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from semantic import push, roles
from semantic.pull import PullReport, pull
from semantic.query_context import supported
from semantic.superset_server import ADMIN_USERNAME, bootstrap_command, server_environment
from tests.superset_assets import CHARTS, chart, dashboard, dataset, documents, uuid_of
from tests.superset_server import PASSWORD, REPS, VENV, RunningSuperset, people


def write(assets_dir: Path, tree: dict[str, Any]) -> Path:
    for name, document in tree.items():
        file = assets_dir / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return assets_dir


def deploy_tree(superset: RunningSuperset, assets_dir: Path) -> push.DeployReport:
    return dataclasses.replace(superset, assets_dir=assets_dir).deploy()


def everything(superset: RunningSuperset) -> dict[str, Any]:
    """Ids and contents of all that a deployment writes, without times."""
    admin = superset.sign_in()
    found: dict[str, Any] = {}
    for resource, columns in {
        "dashboard": ("id", "uuid", "slug", "position_json", "json_metadata", "roles.id"),
        "chart": ("id", "uuid", "slice_name", "params"),
        "dataset": ("id", "uuid", "table_name", "sql"),
    }.items():
        rows = admin.rows(resource, columns=columns)
        found[resource] = sorted(json.dumps(row, sort_keys=True) for row in rows)
    for row in admin.rows("security/roles"):
        rights = admin.call("GET", f"security/roles/{row['id']}/permissions/")["result"]
        found[f"role {row['name']}"] = sorted(right["id"] for right in rights)
    for row in admin.rows("rowlevelsecurity"):
        rule = admin.call("GET", f"rowlevelsecurity/{row['id']}")["result"]
        found[f"rule {row['name']}"] = (rule["clause"], sorted(t["id"] for t in rule["tables"]))
    return found


def test_every_chart_type_answers(superset: RunningSuperset) -> None:
    report = superset.reports[0]
    assert {viz_type for viz_type, _ in CHARTS.values()} >= set(supported()) - {
        "echarts_timeseries",
        "echarts_timeseries_smooth",
        "echarts_timeseries_step",
    }
    assert report.dashboards["pipeline"].errors == ()
    assert report.dashboards["pipeline"].charts == len(CHARTS)
    assert report.failed == 0


def test_dashboards_are_offered_only_to_roles_that_may_read_all_of_them(
    superset: RunningSuperset,
) -> None:
    report = superset.reports[0]
    assert report.dashboards["pipeline"].roles == ("executive", "manager", "rep", "analyst")
    assert report.dashboards["forecast"].roles == ("executive", "analyst")


def test_the_same_tree_twice_changes_nothing(superset: RunningSuperset) -> None:
    before = everything(superset)
    superset.deploy(people())
    assert everything(superset) == before


@dataclasses.dataclass(frozen=True)
class Detour:
    """A changed tree was deployed, then the first one again: reports and chart names of both."""

    changed: push.DeployReport
    changed_names: set[str]
    back: push.DeployReport
    back_names: set[str]


@pytest.fixture(scope="module")
def detour(superset: RunningSuperset, tmp_path_factory: pytest.TempPathFactory) -> Detour:
    """The changed tree has a dashboard more, a chart that fails, and opportunities of nobody."""
    admin = superset.sign_in()
    drawn = admin.call(
        "POST",
        "chart/",
        json={
            "slice_name": "By hand",
            "viz_type": "table",
            "datasource_id": next(iter(admin.rows("dataset")))["id"],
            "datasource_type": "table",
        },
    )
    changed = deploy_tree(superset, write(tmp_path_factory.mktemp("changed"), changed_tree()))
    changed_names = {row["slice_name"] for row in admin.rows("chart")}
    back = superset.deploy()
    back_names = {row["slice_name"] for row in admin.rows("chart")}
    admin.call("DELETE", f"chart/{drawn['id']}")
    return Detour(changed, changed_names, back, back_names)


def changed_tree() -> dict[str, Any]:
    kept = {"charts/total.yaml", "charts/forecast.yaml"}
    tree = {
        name: document
        for name, document in documents().items()
        if not name.startswith("charts/") or name in kept
    }
    tree["datasets/opportunities.yaml"] = dataset(
        "opportunities",
        "select amount, stage_name from marts.fct_opportunities\n",
        {"amount": "DECIMAL(18,2)", "stage_name": "VARCHAR"},
        {"open_amount": "sum(amount)", "deal_count": "count(*)"},
    )
    tree["dashboards/pipeline.yaml"] = dashboard("pipeline", ["total"])
    tree["datasets/forecasts.yaml"]["metrics"][0]["expression"] = "sum(no_such_column)"
    tree["charts/extra.yaml"] = chart(
        "extra", "opportunities", "big_number_total", {"metric": "deal_count"}
    )
    tree["dashboards/extra.yaml"] = dashboard("extra", ["extra"])
    return tree


def test_what_leaves_the_tree_leaves_superset_but_hand_drawn_charts_stay(detour: Detour) -> None:
    assert "Extra" in detour.changed_names
    assert detour.back.removed == ("dashboard Extra", "chart Extra")
    assert "Extra" not in detour.back_names
    assert "By hand" in detour.back_names


def test_a_chart_that_fails_is_reported(detour: Detour) -> None:
    report = detour.changed.dashboards["forecast"]
    assert (report.charts, report.failed) == (1, 1)
    assert "no_such_column" in report.errors[0]


def test_a_dataset_that_loses_its_people_is_taken_from_the_reps(detour: Detour) -> None:
    assert detour.changed.dashboards["pipeline"].roles == ("executive", "analyst")


def test_a_faulty_tree_is_refused_before_anything_is_sent(
    superset: RunningSuperset, tmp_path: Path
) -> None:
    tree = documents()
    del tree["charts/pie.yaml"]
    tree["charts/total.yaml"]["params"]["metric"] = "no_such_metric"
    before = everything(superset)
    with pytest.raises(push.DeployError, match="no_such_metric") as caught:
        deploy_tree(superset, write(tmp_path, tree))
    assert uuid_of("chart pie") in str(caught.value)
    assert everything(superset) == before


def test_a_missing_row_rule_fails_the_deployment(
    superset: RunningSuperset, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = superset.sign_in()
    rules = [row["id"] for row in admin.rows("rowlevelsecurity")]
    admin.call("DELETE", "rowlevelsecurity/", params={"q": f"!({','.join(map(str, rules))})"})
    monkeypatch.setattr(push, "bind_row_rules", lambda *_arguments, **_options: None)
    with pytest.raises(push.DeployError, match=r"row rule .* is missing"):
        superset.deploy()
    monkeypatch.undo()
    superset.deploy()


def test_a_rule_that_lets_rows_through_fails_and_takes_the_grants_back(
    superset: RunningSuperset, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = superset.sign_in(REPS[0], PASSWORD)
    monkeypatch.setattr(roles.RoleSpec, "clause", property(lambda _role: "1 = 1"))
    with pytest.raises(push.DeployError, match="who owns nothing sees"):
        superset.deploy()
    monkeypatch.undo()
    dataset_id = next(
        row["id"]
        for row in superset.sign_in().rows("dataset")
        if row["table_name"] == "opportunities"
    )
    refused = person.send("POST", "chart/data", json=roles.count_query(dataset_id))
    superset.deploy()
    allowed = person.send("POST", "chart/data", json=roles.count_query(dataset_id))
    assert (refused.status_code, allowed.status_code) == (403, 200)


def test_people_are_brought_up_to_date(superset: RunningSuperset) -> None:
    api = superset.sign_in()
    person = roles.UserSpec("New@Example.com", "Nina", "New", ("rep",), PASSWORD)
    roles.ensure_users(api, [person], superset.role_plan)
    superset.sign_in("new@example.com", PASSWORD)
    promoted = dataclasses.replace(person, roles=("manager",), password=None)
    roles.ensure_users(api, [promoted], superset.role_plan)
    rows = [row for row in api.rows("security/users") if row["username"] == "new@example.com"]
    assert [[role["name"] for role in row["roles"]] for row in rows] == [["manager"]]
    superset.sign_in("new@example.com", PASSWORD)


def test_pull_leaves_alone_what_nobody_drew(superset: RunningSuperset, tmp_path: Path) -> None:
    by_hand = Path(shutil.copytree(superset.assets_dir, tmp_path / "assets"))
    before = lines(by_hand)
    report = pulled(superset, by_hand)
    assert lines(by_hand) - before == set()
    assert report == PullReport((), ())


def test_pull_changes_the_line_that_was_changed(superset: RunningSuperset, tmp_path: Path) -> None:
    tree, compiled = tmp_path / "assets", {uuid_of("dataset opportunities")}
    first = pulled(superset, tree, compiled=compiled)
    assert "datasets/forecasts.yaml" in first.written
    assert "datasets/opportunities.yaml" not in first.written
    before = lines(tree)
    api = superset.sign_in()
    drawn = next(row for row in api.rows("chart", columns=("id", "slice_name", "certified_by")))
    api.call("PUT", f"chart/{drawn['id']}", json={"slice_name": "Renamed by hand"})
    try:
        second = pulled(superset, tree, compiled=compiled)
    finally:
        superset.deploy()
    after = lines(tree)
    assert len(second.written) == 1
    assert {text for _, text in after - before} == {"slice_name: Renamed by hand"}
    assert {text for _, text in before - after} == {f"slice_name: {drawn['slice_name']}"}


def test_pull_gives_back_what_was_deployed(superset: RunningSuperset, tmp_path: Path) -> None:
    first = pulled(superset, tmp_path / "assets")
    assert {name.split("/")[0] for name in first.written} == {
        "databases",
        "datasets",
        "charts",
        "dashboards",
    }
    assert pulled(superset, tmp_path / "assets") == PullReport((), ())
    assert deploy_tree(superset, tmp_path / "assets").failed == 0
    superset.deploy()


def pulled(superset: RunningSuperset, tree: Path, **options: Any) -> PullReport:
    return pull(
        base_url=superset.base_url,
        username=ADMIN_USERNAME,
        password=PASSWORD,
        assets_dir=tree,
        **options,
    )


def lines(tree: Path) -> set[tuple[str, str]]:
    """File and text of every line of a tree."""
    return {
        (file.name, line)
        for file in tree.rglob("*.yaml")
        for line in file.read_text(encoding="utf-8").splitlines()
    }


def test_a_second_bootstrap_has_nothing_to_do(superset: RunningSuperset) -> None:
    environment = os.environ | server_environment(
        home=superset.home,
        serving_dir=superset.serving_dir,
        port=1,
        secret_key="test-key-" * 6,
        admin_password=PASSWORD,
    )
    began = time.monotonic()
    done = subprocess.run(
        bootstrap_command(VENV), env=environment, capture_output=True, text=True, check=True
    )
    assert "already initialised" in done.stdout
    assert time.monotonic() - began < 5
