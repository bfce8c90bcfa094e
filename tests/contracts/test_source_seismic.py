"""Seismic: late rows, deletions by mark, periods cut in half, and waits."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import polars as pl
import pytest
import requests
from polars.testing import assert_frame_equal

from ingestion.sandbox.vendors.seismic import routes
from ingestion.sources import seismic
from ingestion.sources.seismic.settings import (
    CONTENT_SESSIONS,
    LIBRARY_CONTENTS,
    RATE,
    REPORTS,
    SLOW_RATE,
    USAGES,
    USERS,
)
from tests.contracts.company_sandbox import Lake, faulty
from tests.contracts.enablement_company import ROWS
from tests.contracts.sandbox_server import serve

SEISMIC = "seismic"
HOUR = 3600
CONTENTS = 'seismic."libraryContents"'
VIEWS = 'seismic."livesendContentViewingSessions"'


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(ROWS) as sandbox:
        yield Lake(tmp_path, sandbox)


def test_periods_with_too_many_rows_are_halved(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets the limit: we, or the vendor without a word."""
    many = [report.entity for report in (LIBRARY_CONTENTS, CONTENT_SESSIONS, USAGES)]
    names = [entity.name for entity in many]
    lake.land(SEISMIC, only=names)
    for module, name, most in ((seismic, "PAGE_ROWS", 9), (routes, "MOST_ROWS", 10)):
        with monkeypatch.context() as changed:
            changed.setattr(module, name, most)
            changed.setattr(seismic, "ROUND", 10)
            other = Lake(lake.root / name, lake.sandbox)
            other.land(SEISMIC, only=names)
        for entity in many:
            assert_frame_equal(lake.current(SEISMIC, entity), other.current(SEISMIC, entity))
            assert lake.rows(SEISMIC, entity.name).height == other.rows(SEISMIC, entity.name).height


def test_content_is_withdrawn_and_comes_back(tmp_path: Path) -> None:
    with serve(ROWS) as sandbox:
        store = sandbox.world.store
        versions = store.fetch(
            f"select * from {store.versions(CONTENTS)} where _key = 'content 22' order by _from"
        )
    withdrawn = versions.filter("isDeleted")["_from"].item()
    back = versions.filter(pl.col("_from") > withdrawn)["_from"][0]
    contents = LIBRARY_CONTENTS.entity
    with serve(ROWS, now=(withdrawn - timedelta(hours=1)).replace(tzinfo=UTC)) as sandbox:
        lake = Lake(tmp_path, sandbox)
        lake.land(SEISMIC, only=(contents.name,))
        everything = lake.current(SEISMIC, contents)
        sandbox.advance(HOUR)
        assert lake.land(SEISMIC, only=(contents.name,)).tables["library_contents"].tombstones == 1
        gone = everything.join(lake.current(SEISMIC, contents), on="id", how="anti")
        assert gone["id"].to_list() == [versions["id"][0]]
        sandbox.advance((back - withdrawn).total_seconds())
        lake.land(SEISMIC, only=(contents.name,))
        assert versions["id"][0] in lake.current(SEISMIC, contents)["id"]


def test_hourly_run_asks_once_for_each_report(lake: Lake) -> None:
    lake.land(SEISMIC)
    lake.sandbox.advance(HOUR / 2)
    # A fault that lets requests pass counts them.
    lake.sandbox.fault(SEISMIC, "server_error", skip=1_000, match="/reporting/")
    lake.land(SEISMIC)
    pending = lake.sandbox.admin.get("/_sandbox/faults").json()["pending"]
    assert [fault["seen"] for fault in pending] == [len(REPORTS)]


def test_view_that_is_reported_late_is_not_lost(lake: Lake) -> None:
    """It was written before the newest view that the lake holds, and shows 20 hours later."""
    store = lake.sandbox.world.store
    lake.sandbox.fault(SEISMIC, "late_row", match="livesendContentViewing")
    lake.land(SEISMIC, only=("livesend_content_viewing_sessions",))
    late = store.fetch(f"select id from {VIEWS} where _key = ?", store.held_keys(VIEWS))[
        "id"
    ].item()
    assert late not in lake.current(SEISMIC, CONTENT_SESSIONS.entity)["id"]
    lake.sandbox.advance(20 * HOUR)
    lake.land(SEISMIC, only=("livesend_content_viewing_sessions",))
    assert late in lake.current(SEISMIC, CONTENT_SESSIONS.entity)["id"]


def test_wait_and_pace_are_what_the_answers_tell(lake: Lake) -> None:
    answer = requests.Response()
    answer.status_code = 429
    answer._content = b'{"error": {"message": "Rate limit is exceeded. Try again in 17 seconds."}}'
    assert seismic.judge(answer).wait_seconds == 17
    answer.headers["X-Seismic-Remaining-Calls"] = "59"
    assert seismic.allowance(answer) == SLOW_RATE
    answer.headers["X-Seismic-Remaining-Calls"] = "60"
    assert seismic.allowance(answer) == RATE
    lake.sandbox.fault(SEISMIC, "quota_exhausted", match="users")
    report = lake.land(SEISMIC)
    assert report.used_up_until is not None and "users" in report.unfinished
    assert report.used_up_until - lake.now() >= timedelta(days=1)


def test_time_on_content_can_be_had_by_person_and_deal(lake: Lake) -> None:
    reports = (CONTENT_SESSIONS, USAGES, USERS)
    lake.land(SEISMIC, only=[report.entity.name for report in reports])
    views, uses, people = (lake.current(SEISMIC, report.entity) for report in reports)
    uses = uses.select("livesend_link_content_id", "context_id", "user_id")
    joined = views.join(uses, on="livesend_link_content_id").join(
        people.select("id", "full_name"), left_on="user_id", right_on="id"
    )
    assert joined.height == views.height > 0
    assert joined["context_id"].null_count() == 0
    assert set(joined["full_name"]) == {"翔 渡辺", "Ada User3"}
    assert joined["duration_seconds"].min() > 0


def test_row_that_does_not_fit_is_set_aside(lake: Lake) -> None:
    views = CONTENT_SESSIONS.entity.name
    report = faulty(
        lake,
        SEISMIC,
        "malformed_record",
        only=(views,),
        match="ContentViewing",
        field="durationSeconds",
        times=1,
    )
    assert report.tables[views].rejects == 1
