"""The code location: loads without secrets and network, and has the assets it should have."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from dagster import AssetKey, Definitions

from orchestration.settings import load_settings
from tests.made_once import give_manifest
from tests.paths import PROJECT

KEYS = PROJECT / "tests" / "integration" / "asset_keys.txt"


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Definitions:
    data = tmp_path_factory.mktemp("data")
    before = dict(os.environ)
    for name in before:
        if name.startswith(("REVLAKE_", "SOURCES__")):
            del os.environ[name]
    try:
        from orchestration.definitions import build

        settings = load_settings(data=data)
        give_manifest(settings)
        return build(settings)
    finally:
        os.environ.update(before)


def test_the_asset_keys_are_the_known_ones(definitions: Definitions) -> None:
    found = sorted(
        key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()
    )
    assert found == KEYS.read_text(encoding="utf-8").split()


def test_the_lineage_leads_from_the_source_to_the_dashboards(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()

    def upstream(key: AssetKey) -> set[AssetKey]:
        seen: set[AssetKey] = set()
        todo = [key]
        while todo:
            parents = graph.get(todo.pop()).parent_keys - seen
            seen |= parents
            todo += parents
        return seen

    above = upstream(AssetKey(["dashboards", "executive-pulse"]))
    for path in (
        ["raw", "hubspot", "deals"],
        ["staging", "stg_salesforce__opportunities"],
        ["marts", "fct_opportunities"],
        ["features", "ftr_lead_scoring__lead_day"],
        ["ml", "lead_scoring", "predictions"],
        ["scores", "fct_lead_scoring_scores"],
        ["release", "candidate"],
        ["release", "published"],
    ):
        assert AssetKey(path) in above


def test_the_hourly_job_neither_trains_nor_cleans_up(definitions: Definitions) -> None:
    hourly = {node.name for node in definitions.resolve_job_def("hourly").nodes}
    nightly = {node.name for node in definitions.resolve_job_def("nightly").nodes}
    assert hourly == {
        "land",
        "release__candidate",
        "dbt_core",
        "ml__lead_scoring__predictions",
        "ml__win_probability__predictions",
        "ml__forecasting__predictions",
        "dbt_scores",
        "release__published",
    }
    assert hourly < nightly
    assert {
        "ml__lead_scoring__model",
        "release__rewritten",
        "maintenance__ml_tables",
        "maintenance__old_releases",
        "maintenance__raw_tables",
        "deploy_dashboards",
    } <= nightly


def test_dbts_tests_and_batch_quality_keep_a_release_back(definitions: Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    checks = [graph.get_check_spec(key) for key in graph.asset_check_keys]
    blocking = {check.name for check in checks if check.blocking}
    assert "batch_quality" in blocking
    assert len(blocking) > 50
    assert not {"landed", "trained", "beats_baseline", "charts_answer"} & blocking


def test_jobs_count_as_the_one_writer_and_start_from_the_beginning(
    definitions: Definitions,
) -> None:
    for name in ("hourly", "nightly"):
        tags = definitions.resolve_job_def(name).tags
        assert tags["lake"] == "writer"
        assert tags["dagster/retry_strategy"] == "ALL_STEPS"


def test_every_asset_has_a_group_that_follows_from_its_key(definitions: Definitions) -> None:
    from orchestration import keys

    graph = definitions.resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        assert graph.get(key).group_name == keys.group(key)


def test_dagster_loads_the_module_without_secrets(tmp_path: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("SOURCES__")}
    give_manifest(load_settings(data=tmp_path))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "dagster",
            "definitions",
            "validate",
            "-m",
            "orchestration.definitions",
        ],
        cwd=PROJECT,
        env={
            **bare,
            "REVLAKE_DATA": str(tmp_path),
            "REVLAKE_DAGSTER_DIR": str(tmp_path),
            "DAGSTER_HOME": "",
            "NO_COLOR": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "secrets.toml").exists()
