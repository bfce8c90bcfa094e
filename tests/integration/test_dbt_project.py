"""The dbt project as a whole: it parses bare, and with whatever sources are on."""

import json
import os
from typing import Any

import pytest

from ingestion.catalog import entities, source_names
from ingestion.entity import DELETED
from tests.integration.dbt_process import parsed
from tests.integration.dbt_release import COMPANY, RawLake, Release


def manifest(**environment: str) -> dict[str, Any]:
    """What `dbt parse` finds, with no more environment than is given."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("REVLAKE_")}
    file = parsed({**bare, **environment}) / "manifest.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def everything() -> dict[str, Any]:
    """What there is with every source on."""
    return manifest(REVLAKE_SOURCES=",".join(source_names()), **COMPANY)


def models(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        node["name"]: node for node in found["nodes"].values() if node["resource_type"] == "model"
    }


def test_every_raw_table_has_a_source_and_a_staging_model(everything: dict[str, Any]) -> None:
    raw = {(source, entity.name) for source in source_names() for entity in entities(source)}
    declared = {
        (node["source_name"], node["name"])
        for node in everything["sources"].values()
        if node["source_name"] in source_names()
    }
    assert declared == raw
    assert {f"stg_{source}__{entity}" for source, entity in raw} <= set(models(everything))


def test_every_raw_table_is_in_the_freshness_of_the_release(everything: dict[str, Any]) -> None:
    staged = {name for name in everything["nodes"] if name.startswith("model.revlake.stg_")}
    counted = everything["nodes"]["model.revlake.source_freshness"]["depends_on"]["nodes"]
    assert set(counted) == staged


def test_every_model_is_described_and_marts_keep_a_contract(everything: dict[str, Any]) -> None:
    found = models(everything)
    assert [name for name, model in found.items() if not model["description"]] == []
    marts = [model for model in found.values() if model["schema"] in ("marts", "meta")]
    assert [model["name"] for model in marts if not model["contract"]["enforced"]] == []
    undescribed = [
        f"{model['name']}.{column['name']}"
        for model in marts
        for column in model["columns"].values()
        if not column["description"]
    ]
    assert undescribed == []


def test_a_source_that_is_off_leaves_no_model() -> None:
    found = manifest(REVLAKE_SOURCES="files", **COMPANY)
    staged = [name for name in models(found) if name.startswith("stg_")]
    assert staged and all(name.startswith("stg_files__") for name in staged)
    assert "fct_campaign_spend_daily" in models(found)


@pytest.fixture(scope="module")
def of_files(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """No history, no quotas, no advertising, no mail: opportunities get a history of two events."""
    root = tmp_path_factory.mktemp("files")
    lake = RawLake(root / "lake", ("files",))
    lake.load(
        "files",
        {
            "users": [{"id": "u1", "name": "Ann", "email": "Ann@x.test", "manager": "Mia"}],
            "opportunities": [
                {
                    "id": "o1", "owner_id": "u1", "stage": "Won", "amount": 90.0, "currency": "USD",
                    "probability": 100.0, "forecast_category": "Closed", "is_closed": True,
                    "is_won": True, "created_at": "2026-03-01T15:00:00", "close_date": "2026-03-04",
                },
                {
                    "id": "o2", "owner_id": "u1", "stage": "Engaging", "amount": 50.0,
                    "currency": "USD", "probability": 20.0, "forecast_category": "Pipeline",
                    "is_closed": False, "is_won": False, "created_at": "2026-03-02T15:00:00",
                    "close_date": "2026-04-01",
                },
            ],
            "content_views": [
                {"id": "v1", "content_asset_id": "a1", "viewer_email": "Pat@X.test",
                 "action": "View", "viewed_at": "2026-03-02T15:00:00", "duration_seconds": 95},
                {"id": "v2", "content_asset_id": "a1", "viewed_at": "2026-03-03T15:00:00"},
            ],
            "course_completions": [
                {"id": "c1|ann", "course_id": "c1", "email": "Ann@X.test", "score": 92.5,
                 "status": "Completed", "completed_at": "2026-03-02T15:00:00"},
            ],
            "firmographics": [
                {"id": "x.test", "domain": "X.test", "employees": 40, "annual_revenue": 1.25e9},
            ],
        },
    )  # fmt: skip
    lake.load("files", {"content_views": [{"id": "v2", DELETED: True}]})
    release = Release(root / "release", lake, root / "dbt")
    release.build(as_of="2026-03-05T15:00:00Z")
    return release


def test_tables_refuse_what_their_contracts_forbid(of_files: Release) -> None:
    """A column that is never null, or holds one of a few words, is so by the table itself."""
    declared = {
        (model["name"], column["name"], constraint["type"])
        for model in models(manifest(REVLAKE_SOURCES="files", **COMPANY)).values()
        if model["schema"] == "marts"
        for column in model["columns"].values()
        for constraint in column["constraints"]
    }
    kept = of_files.query(
        "select table_name, unnest(constraint_column_names),"
        " replace(lower(constraint_type), ' ', '_') from duckdb_constraints()"
    )
    assert len(declared) > 50
    assert declared <= set(kept)


def test_files_alone_make_all_marts(of_files: Release) -> None:
    snapshots = of_files.query(
        "select cast(snapshot_date as varchar), count(*), sum(amount)"
        " from marts.fct_pipeline_snapshots_daily group by 1 order by 1"
    )
    assert snapshots == [
        ("2026-03-01", 1, 90),
        ("2026-03-02", 2, 140),
        ("2026-03-03", 2, 140),
        ("2026-03-04", 1, 50),
        ("2026-03-05", 1, 50),
    ]
    assert of_files.query(
        "select stage_name, stage_order, is_won from marts.dim_stages order by stage_order"
    ) == [("Engaging", 1, False), ("Won", 2, True)]
    assert of_files.query(
        "select viewer_email, action, duration_seconds"
        " from warehouse.staging.stg_files__content_views where not is_deleted"
    ) == [("pat@x.test", "view", 95)]
    assert of_files.query(
        "select email, status, score from warehouse.staging.stg_files__course_completions"
    ) == [("ann@x.test", "completed", 92.5)]
    assert of_files.query(
        "select domain, employee_count, annual_revenue_original"
        " from warehouse.staging.stg_files__firmographics"
    ) == [("x.test", 40, 1_250_000_000)]
