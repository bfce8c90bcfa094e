"""Releases: what may be published, what may be deleted, and what a reader sees meanwhile."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.release import (
    Candidate,
    CheckRecord,
    PublishRefusedError,
    Release,
    ReleaseError,
    RequiredTable,
    clean_up,
    current,
    find_candidate,
    open_candidate,
    prune,
    publish,
    record_checks,
    releases,
    rewrite,
    rollback,
)
from orchestration.writer_lock import Writer, WriterBusyError, holder, writing

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SUITES = ("dbt",)
REQUIRED = (RequiredTable("marts.fct_deals", needs_rows=True),)
GOOD = CheckRecord("dbt", "unique", passed=True)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    with writing(tmp_path / "serving", what="test") as held:
        yield held


def fill(path: Path, *, rows: int = 3) -> None:
    with duckdb.connect(str(path / "lakehouse.duckdb")) as session:
        session.execute("create schema if not exists marts")
        session.execute(f"create or replace table marts.fct_deals as from range({rows}) r(deal)")
    with duckdb.connect(str(path / "warehouse.duckdb")) as session:
        session.execute("create or replace table staged as select 1 as one")


def build(
    writer: Writer,
    *,
    rows: int = 3,
    run: str = "run",
    checks: tuple[CheckRecord, ...] = (GOOD,),
    now: datetime = NOW,
) -> Candidate:
    candidate = open_candidate(writer, run=run, as_of=NOW, now=now)
    fill(candidate.path, rows=rows)
    record_checks(candidate, checks)
    return candidate


def serve(writer: Writer, *, rows: int = 3) -> Release:
    candidate = build(writer, rows=rows)
    return publish(
        writer, candidate, required=REQUIRED, suites=SUITES, facts={"code_version": "1"}, now=NOW
    )


def count(path: Path) -> int:
    with duckdb.connect(str(path / "lakehouse.duckdb"), read_only=True) as session:
        return int(session.execute("select count(*) from marts.fct_deals").fetchall()[0][0])


def test_a_published_release_is_served_through_the_link(writer: Writer) -> None:
    release = serve(writer)
    served = writer.serving / "current"
    assert served.is_symlink() and served.resolve() == release.path
    assert not served.readlink().is_absolute()
    assert count(served) == 3
    manifest = json.loads((served / "manifest.json").read_text())
    assert manifest["row_counts"] == {"marts.fct_deals": 3}
    assert manifest["checks"] == {"passed": 1, "failed": 0, "failures": []}
    assert manifest["code_version"] == "1"


def test_releases_of_one_second_have_ids_of_their_own(writer: Writer) -> None:
    ids = [serve(writer).id for _ in range(3)]
    assert ids == ["20261122T030000Z", "20261122T030000Z-1", "20261122T030000Z-2"]
    assert [release.id for release in releases(writer.serving)] == sorted(ids)


def test_a_candidate_starts_from_what_is_served(writer: Writer) -> None:
    serve(writer, rows=5)
    candidate = open_candidate(writer, run="next", as_of=NOW, now=NOW)
    assert count(candidate.path) == 5
    fill(candidate.path, rows=9)
    assert count(writer.serving / "current") == 5


def test_a_candidate_is_found_by_its_run_alone(writer: Writer) -> None:
    candidate = open_candidate(writer, run="mine", as_of=NOW, now=NOW)
    assert find_candidate(writer.serving, run="mine") == candidate
    with pytest.raises(ReleaseError, match="hourly and nightly"):
        find_candidate(writer.serving, run="other")


@pytest.mark.parametrize(
    ("checks", "reason"),
    [
        ((), "no check of suite dbt"),
        ((GOOD, CheckRecord("dbt", "not_null", passed=False)), "dbt: not_null"),
        ((CheckRecord("quality", "fresh", passed=True),), "no check of suite dbt"),
    ],
)
def test_without_good_checks_nothing_is_published(
    writer: Writer, checks: tuple[CheckRecord, ...], reason: str
) -> None:
    before = serve(writer)
    candidate = build(writer, checks=checks)
    with pytest.raises(PublishRefusedError, match=reason):
        publish(writer, candidate, required=REQUIRED, suites=SUITES, facts={}, now=NOW)
    served = current(writer.serving)
    assert served is not None and served.id == before.id


def test_a_failed_check_cannot_be_published_by_trying_again(writer: Writer) -> None:
    candidate = build(writer, checks=(GOOD, CheckRecord("dbt", "not_null", passed=False)))
    for _ in range(2):
        with pytest.raises(PublishRefusedError, match="not_null"):
            publish(writer, candidate, required=REQUIRED, suites=SUITES, facts={}, now=NOW)
    assert current(writer.serving) is None


def test_a_failed_check_that_does_not_block_is_written_down(writer: Writer) -> None:
    candidate = build(
        writer, checks=(GOOD, CheckRecord("dbt", "old", passed=False, blocking=False))
    )
    release = publish(writer, candidate, required=REQUIRED, suites=SUITES, facts={}, now=NOW)
    assert release.manifest["checks"]["failed"] == 1
    assert release.manifest["checks"]["failures"][0]["name"] == "old"


def test_the_last_word_of_a_check_counts(writer: Writer) -> None:
    candidate = build(writer, checks=(CheckRecord("dbt", "unique", passed=False), GOOD))
    publish(writer, candidate, required=REQUIRED, suites=SUITES, facts={}, now=NOW)
    assert current(writer.serving) is not None


def test_an_empty_mart_with_filled_sources_is_refused(writer: Writer) -> None:
    with pytest.raises(PublishRefusedError, match=r"marts.fct_deals is empty"):
        serve(writer, rows=0)


def test_a_missing_mart_is_refused(writer: Writer) -> None:
    candidate = build(writer)
    required = (*REQUIRED, RequiredTable("marts.dim_date"))
    with pytest.raises(PublishRefusedError, match=r"marts.dim_date is missing"):
        publish(writer, candidate, required=required, suites=SUITES, facts={}, now=NOW)


def test_a_damaged_file_is_refused(writer: Writer) -> None:
    candidate = build(writer)
    candidate.database("warehouse").write_bytes(b"not a database" * 1000)
    with pytest.raises(PublishRefusedError, match=r"warehouse.duckdb cannot be opened"):
        publish(writer, candidate, required=REQUIRED, suites=SUITES, facts={}, now=NOW)


def test_a_write_ahead_log_is_folded_in_before_publishing(writer: Writer) -> None:
    candidate = build(writer)
    session = duckdb.connect(str(candidate.database("lakehouse")))
    session.execute("set checkpoint_threshold = '1GB'")
    session.execute("set disabled_optimizers = ''")
    session.execute("insert into marts.fct_deals values (99)")
    wal = candidate.path / "lakehouse.duckdb.wal"
    kept = wal.read_bytes() if wal.exists() else b""
    session.close()
    if kept and not wal.exists():
        # As a killed builder leaves it: data in the log only.
        assert count(candidate.path) == 4
    release = publish(writer, candidate, required=REQUIRED, suites=SUITES, facts={}, now=NOW)
    assert not list(release.path.glob("*.wal"))
    assert count(release.path) == 4


def test_a_candidate_of_an_older_release_is_refused(writer: Writer) -> None:
    first = serve(writer)
    second = serve(writer)
    candidate = build(writer)
    rollback(writer, target=first.id, now=NOW)
    with pytest.raises(PublishRefusedError, match=f"{first.id} is served now"):
        publish(writer, candidate, required=REQUIRED, suites=SUITES, facts={}, now=NOW)
    assert second.path.exists()


def test_rollback_goes_to_the_one_before_and_further(writer: Writer) -> None:
    first, second, third = serve(writer), serve(writer), serve(writer)
    assert rollback(writer, target=None, now=NOW).id == second.id
    assert rollback(writer, target=None, now=NOW).id == first.id
    assert rollback(writer, target=third.id, now=NOW).id == third.id
    with pytest.raises(ReleaseError, match="no release 2020 is kept"):
        rollback(writer, target="2020", now=NOW)


def test_rollback_of_the_first_release_says_that_there_is_none_before(writer: Writer) -> None:
    serve(writer)
    with pytest.raises(ReleaseError, match="nothing to roll back to"):
        rollback(writer, target=None, now=NOW)


def test_the_next_release_after_a_rollback_starts_from_it(writer: Writer) -> None:
    first = serve(writer, rows=1)
    serve(writer, rows=2)
    rollback(writer, target=None, now=NOW)
    candidate = open_candidate(writer, run="next", as_of=NOW, now=NOW)
    assert candidate.base == first.id
    assert count(candidate.path) == 1


def test_prune_keeps_the_served_one_and_the_one_before(writer: Writer) -> None:
    ids = [serve(writer).id for _ in range(6)]
    rollback(writer, target=ids[1], now=NOW)
    gone = prune(writer, keep=2)
    kept = {release.id for release in releases(writer.serving)}
    assert {ids[0], ids[1], ids[4], ids[5]} <= kept
    assert set(gone) == {ids[2], ids[3]}
    assert count(writer.serving / "current") == 3


def test_prune_never_leaves_fewer_than_two(writer: Writer) -> None:
    ids = [serve(writer).id for _ in range(4)]
    prune(writer, keep=0)
    assert [release.id for release in releases(writer.serving)] == ids[-2:]


def test_clean_up_removes_dead_candidates_but_the_last_refused(writer: Writer) -> None:
    failed = CheckRecord("dbt", "not_null", passed=False)
    killed = open_candidate(writer, run="killed", as_of=NOW, now=NOW - timedelta(hours=2))
    refused = build(writer, run="refused", checks=(failed,), now=NOW - timedelta(hours=1))
    assert not killed.path.exists()
    clean_up(writer)
    assert refused.path.exists()
    newer = build(writer, run="newer", checks=(failed,))
    clean_up(writer)
    assert newer.path.exists() and not refused.path.exists()


def test_one_writer_at_a_time_and_the_other_is_told_who(tmp_path: Path) -> None:
    serving = tmp_path / "serving"
    assert holder(serving) is None
    with writing(serving, what="run abc of job nightly"):
        found = holder(serving)
        assert found is not None and found.what == "run abc of job nightly"
        with (
            pytest.raises(WriterBusyError, match="run abc of job nightly"),
            writing(serving, what="b"),
        ):
            pass
    assert holder(serving) is None
    with writing(serving, what="after"):
        pass


def test_rewriting_keeps_rows_and_views_and_frees_space(writer: Writer) -> None:
    candidate = build(writer)
    with duckdb.connect(str(candidate.database("warehouse"))) as session:
        session.execute(
            "create table big as select range as n, md5(range::varchar) as t from range(300000)"
        )
        session.execute("delete from big where n % 10 <> 0")
        session.execute("create view seen as select * from warehouse.main.big")
    before, after = rewrite(candidate, name="warehouse")
    assert after < before
    with duckdb.connect(":memory:") as session:
        session.execute(f"attach '{candidate.database('warehouse')}' as warehouse (read_only)")
        assert session.execute("select count(*) from warehouse.main.seen").fetchall() == [(30000,)]


def test_readers_see_whole_releases_while_one_after_another_is_published(writer: Writer) -> None:
    serve(writer, rows=1)
    link, stop = writer.serving / "current" / "lakehouse.duckdb", threading.Event()
    seen: list[tuple[int, int]] = []

    def read() -> None:
        while not stop.is_set():
            with duckdb.connect(str(link.resolve()), read_only=True) as session:
                row = session.execute(
                    "select count(*), max(deal) + 1 from marts.fct_deals"
                ).fetchone()
                assert row is not None
                seen.append((int(row[0]), int(row[1])))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for rows in range(2, 8):
            serve(writer, rows=rows)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert seen and all(rows == last for rows, last in seen)
