"""The landing step of a company's own database, its tables named in revlake.toml."""

import sqlite3
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance, ExecuteInProcessResult, materialize

from orchestration.assets.ingest import landing_step
from orchestration.raw_tables import raw_tables
from orchestration.refresh import LANDING
from orchestration.resources import resources
from orchestration.settings import load_settings

CONFIG = """
[sources]
on = ["sql_database"]
vendor_mode = "live"

[[sql_database.tables]]
table = "orders"
key = "id"
cursor = "updated_at"
"""
ORDERS = AssetKey(["raw", "sql_database", "orders"])


def land() -> ExecuteInProcessResult:
    settings = load_settings()
    step = landing_step(settings, ["sql_database"])
    with DagsterInstance.ephemeral() as instance:
        return materialize([step], resources=resources(settings), instance=instance)


def passed(result: ExecuteInProcessResult) -> dict[str, bool]:
    return {each.check_name: each.passed for each in result.get_asset_check_evaluations()}


def test_tables_land_and_are_checked_and_a_missing_one_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "revlake.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.setenv("REVLAKE_CONFIG", str(tmp_path / "revlake.toml"))
    monkeypatch.setenv("REVLAKE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SOURCES__SQL_DATABASE__URL", f"sqlite:///{tmp_path / 'shop.db'}")
    settings = load_settings()
    settings.paths.create()
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        missing = land()
        assert missing.success
        assert passed(missing)["landed"] is False
        assert raw_tables(settings.paths.lake, ["sql_database"]) == ()
        shop.execute("create table orders (id integer primary key, updated_at datetime)")
        shop.execute("insert into orders values (1, '2026-11-18 09:00:00')")
    result = land()
    assert passed(result) == {"landed": True, "batch_quality": True}
    (materialized,) = result.asset_materializations_for_node(LANDING)
    assert materialized.asset_key == ORDERS
    assert materialized.metadata["dagster/row_count"].value == 1
    (table,) = raw_tables(settings.paths.lake, ["sql_database"])
    assert (table.entity, table.rows) == ("orders", 1)
