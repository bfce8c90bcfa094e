"""Reading the served release, by several threads at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from orchestration.query import QueryError, ask
from orchestration.release import Release


@pytest.fixture
def release(tmp_path: Path) -> Release:
    for name in ("lakehouse", "warehouse"):
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as session:
            session.execute("create schema marts")
            session.execute(f"create table marts.deals as select '{name}' as found")
    return Release(tmp_path, {})


def test_threads_do_not_meet_each_others_settings(release: Release) -> None:
    statement = "select found from marts.deals union all select found from warehouse.marts.deals"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(release, statement).rows, range(200)))
    assert all(sorted(rows) == [("lakehouse",), ("warehouse",)] for rows in answers)


@pytest.mark.parametrize(
    "statement",
    ["create table t as select 1", "attach 'other.duckdb'", "set memory_limit = '9GB'"],
)
def test_nothing_else_is_read_or_changed(release: Release, statement: str) -> None:
    with pytest.raises(QueryError):
        ask(release, statement)
