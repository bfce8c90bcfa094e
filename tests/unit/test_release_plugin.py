"""How dbt opens a release: to build it, or, once it is published, to read it."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from tests.paths import PROJECT

FILES = ("lakehouse.duckdb", "warehouse.duckdb")


def opened(release: Path, monkeypatch: pytest.MonkeyPatch) -> duckdb.DuckDBPyConnection:
    """A connection as the plugin makes it for this release."""
    monkeypatch.setenv("REVLAKE_RELEASE_DIR", str(release))
    spec = spec_from_file_location(
        "revlake_release", PROJECT / "dbt_project" / "plugins" / "revlake_release.py"
    )
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    credentials, config = SimpleNamespace(path=""), dict[str, Any]()
    plugin = object.__new__(module.Plugin)
    plugin.update_connection_config(credentials, config)
    connection = duckdb.connect(credentials.path, config=config)
    plugin.configure_connection(connection)
    return connection


def test_a_release_is_written_until_it_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, monkeypatch) as building:
        building.execute("create table deals as select 1 as deal")
        building.execute("create table warehouse.staged as select 2 as deal")
    for name in FILES:
        (tmp_path / name).chmod(0o444)
    with opened(tmp_path, monkeypatch) as reading:
        assert reading.execute("from deals").fetchall() == [(1,)]
        assert reading.execute("from warehouse.staged").fetchall() == [(2,)]
        for table in ("deals", "warehouse.staged"):
            with pytest.raises(duckdb.InvalidInputException, match="read-only"):
                reading.execute(f"delete from {table}")
