"""kill -9 anywhere in a refresh: readers keep the served release, and the next writer goes on."""

import signal
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.release import clean_up, current, open_candidate, releases
from orchestration.writer_lock import WriterBusyError, holder, writing
from tests.paths import PROJECT

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

# A refresh in a process of its own; `strike` kills it at a point of its life.
REFRESH = """
import os, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
import duckdb
from orchestration import release
from orchestration.writer_lock import writing

serving, rows, where = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

def strike(point):
    if point == where:
        os.kill(os.getpid(), signal.SIGKILL)

def around(name, before, after):
    real = getattr(release, name)
    def struck(*arguments, **named):
        strike(before)
        result = real(*arguments, **named)
        strike(after)
        return result
    setattr(release, name, struck)

around("_seal", "before sealing", "after sealing")
around("_switch", "before the switch", "after the switch")
around("_remember", "before the history", "after the history")

with writing(serving, what="child") as writer:
    candidate = release.open_candidate(
        writer, run=str(os.getpid()), as_of=datetime.now(UTC), now=datetime.now(UTC)
    )
    strike("after opening")
    with duckdb.connect(str(candidate.database("lakehouse"))) as session:
        session.execute("create schema if not exists marts")
        session.execute("begin")
        session.execute(f"create or replace table marts.deals as from range({rows}) r(deal)")
        strike("while building")
        session.execute("commit")
        strike("after building")
    with duckdb.connect(str(candidate.database("warehouse"))) as session:
        session.execute("create or replace table staged as select 1 as one")
    release.record_checks(candidate, [release.CheckRecord("dbt", "unique", passed=True)])
    if where == "hang":
        print("holding", flush=True)
        time.sleep(600)
    release.publish(
        writer, candidate, required=[release.RequiredTable("marts.deals", needs_rows=True)],
        suites=["dbt"], facts={}, now=datetime.now(UTC),
    )
"""
BEFORE_THE_SWITCH = (
    "after opening",
    "while building",
    "after building",
    "before sealing",
    "after sealing",
    "before the switch",
)
AFTER_THE_SWITCH = ("after the switch", "before the history", "after the history")


def start(serving: Path, *, rows: int, where: str = "nowhere") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(REFRESH), str(serving), str(rows), where],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(serving: Path, *, rows: int, where: str = "nowhere") -> int:
    process = start(serving, rows=rows, where=where)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGKILL), errors
    return process.returncode


def served_rows(serving: Path) -> int:
    file = (serving / "current").resolve() / "lakehouse.duckdb"
    with duckdb.connect(str(file), read_only=True) as session:
        return int(session.execute("select count(*) from marts.deals").fetchall()[0][0])


@pytest.mark.parametrize("where", BEFORE_THE_SWITCH)
def test_killed_before_the_switch_the_old_release_is_served(tmp_path: Path, where: str) -> None:
    assert run(tmp_path, rows=3) == 0
    before = (tmp_path / "current").readlink()
    assert run(tmp_path, rows=5, where=where) == -signal.SIGKILL
    assert (tmp_path / "current").readlink() == before
    assert served_rows(tmp_path) == 3
    assert holder(tmp_path) is None
    assert run(tmp_path, rows=7) == 0
    assert served_rows(tmp_path) == 7
    assert len(releases(tmp_path)) == 2
    assert not list((tmp_path / "candidates").iterdir())


@pytest.mark.parametrize("where", AFTER_THE_SWITCH)
def test_killed_after_the_switch_the_new_release_is_served(tmp_path: Path, where: str) -> None:
    assert run(tmp_path, rows=3) == 0
    assert run(tmp_path, rows=5, where=where) == -signal.SIGKILL
    assert served_rows(tmp_path) == 5
    assert run(tmp_path, rows=7) == 0
    assert served_rows(tmp_path) == 7
    assert len(releases(tmp_path)) == 3


@pytest.mark.parametrize("where", BEFORE_THE_SWITCH)
def test_killed_in_the_very_first_refresh_nothing_is_served(tmp_path: Path, where: str) -> None:
    assert run(tmp_path, rows=3, where=where) == -signal.SIGKILL
    assert current(tmp_path) is None
    assert run(tmp_path, rows=4) == 0
    assert served_rows(tmp_path) == 4


def test_a_second_writer_is_turned_away_until_the_first_is_killed(tmp_path: Path) -> None:
    first = start(tmp_path, rows=3, where="hang")
    assert first.stdout is not None and first.stdout.readline() == "holding\n"
    try:
        with pytest.raises(WriterBusyError, match=str(first.pid)), writing(tmp_path, what="b"):
            pass
        found = holder(tmp_path)
        assert found is not None and found.pid == first.pid
    finally:
        first.kill()
        first.communicate()
    with writing(tmp_path, what="second") as writer:
        open_candidate(writer, run="second", as_of=NOW, now=NOW)
        assert [path.name for path in (tmp_path / "candidates").iterdir()] == ["20261122T030000Z"]


def test_many_writers_at_once_end_with_one_whole_release_each(tmp_path: Path) -> None:
    processes = [start(tmp_path, rows=rows) for rows in range(1, 6)]
    ended = [process.communicate(timeout=120) and process.returncode for process in processes]
    assert 0 in ended
    published = releases(tmp_path)
    assert len(published) == ended.count(0)
    counts = [release.manifest["row_counts"]["marts.deals"] for release in published]
    assert served_rows(tmp_path) == counts[-1]
    assert [release.manifest["base"] for release in published] == [
        None,
        *(release.id for release in published[:-1]),
    ]


def test_readers_never_fail_while_writers_are_killed(tmp_path: Path) -> None:
    assert run(tmp_path, rows=1) == 0
    seen: set[int] = set()
    for rows, where in enumerate(("nowhere", "before the switch", "after the switch"), start=2):
        process = start(tmp_path, rows=rows, where=where)
        while process.poll() is None:
            seen.add(served_rows(tmp_path))
            time.sleep(0.01)
        process.communicate()
        seen.add(served_rows(tmp_path))
    assert {2, 4} <= seen <= {1, 2, 4}


def test_a_release_that_was_never_served_is_cleaned_up(tmp_path: Path) -> None:
    assert run(tmp_path, rows=3) == 0
    assert run(tmp_path, rows=5, where="before the switch") == -signal.SIGKILL
    assert len(releases(tmp_path)) == 2
    with writing(tmp_path, what="test") as writer:
        clean_up(writer)
    assert len(releases(tmp_path)) == 1
