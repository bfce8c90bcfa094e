"""Aircall: re-read calls, the ceiling of a query, contacts, and pace."""

import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import requests
from polars.testing import assert_frame_equal

from ingestion.entity import DELETED, VERSION_AT
from ingestion.http import Rate
from ingestion.landing import LandingError
from ingestion.sandbox.vendors.aircall import routes
from ingestion.sources import aircall
from ingestion.sources.aircall.settings import CALLS
from tests.contracts.company_sandbox import Lake, entity_of, faulty
from tests.contracts.sandbox_server import Rows, serve
from tests.contracts.test_sandbox_aircall import GONE, ROWS, call

AIRCALL = "aircall"
HOUR = 3600


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(ROWS) as sandbox:
        yield Lake(tmp_path, sandbox)


def test_call_that_ends_or_is_tagged_or_archived_is_landed_again(lake: Lake) -> None:
    lake.land(AIRCALL)
    for seconds in (360, 2 * HOUR):
        lake.sandbox.advance(seconds)
        lake.land(AIRCALL)
    versions = lake.rows(AIRCALL, "calls").sort(VERSION_AT)

    def states(call_id: str, *columns: str) -> list[tuple[object, ...]]:
        return versions.filter(pl.col("id") == call_id).select(columns).rows()

    assert states("700000012", "status", "tag_ids") == [
        ("answered", "[]"),
        ("done", "[]"),
        ("done", "[103]"),
    ]
    assert states("700000008", "archived") == [(False,), (True,)]
    assert versions.filter(DELETED).is_empty()


def test_call_archived_weeks_later_shows_within_a_day(tmp_path: Path) -> None:
    rows: Rows = {
        **ROWS,
        "activities": [
            call(10, "2026-10-20 09:00"),
            call(10, "2026-10-20 09:00", version_at=GONE, is_deleted=True),
            call(11, "2026-11-18 08:00"),
        ],
    }
    with serve(rows) as sandbox:
        lake = Lake(tmp_path, sandbox)
        lake.land(AIRCALL)
        sandbox.advance(2 * HOUR)
        lake.land(AIRCALL)
        assert lake.current(AIRCALL, CALLS)["archived"].to_list() == [False, False]
        sandbox.advance(22 * HOUR)
        lake.land(AIRCALL)
        assert lake.current(AIRCALL, CALLS)["archived"].to_list() == [True, False]


def test_queries_go_on_beyond_their_ceiling(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.land(AIRCALL)
    for module in (routes, aircall):
        monkeypatch.setattr(module, "CEILING", 4)
    monkeypatch.setattr(aircall, "PAGE_ROWS", 2)
    other = Lake(lake.root / "cut", lake.sandbox)
    other.land(AIRCALL)
    for name in ("calls", "contacts"):
        entity = entity_of(AIRCALL, name)
        assert_frame_equal(lake.current(AIRCALL, entity), other.current(AIRCALL, entity))


def test_second_that_fills_a_query_is_an_error_not_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = [call(number, "2026-11-17 09:00") for number in range(9, 50, 9)]
    with serve({**ROWS, "activities": at_once}) as sandbox:
        for module in (routes, aircall):
            monkeypatch.setattr(module, "CEILING", 4)
        with pytest.raises(LandingError, match="more than 4 calls began in second"):
            Lake(tmp_path, sandbox).land(AIRCALL)


def test_contacts_and_people_that_went_are_tombstones(lake: Lake) -> None:
    lake.land(AIRCALL)
    lake.sandbox.advance(2 * HOUR)
    report = lake.land(AIRCALL)
    gone = {name: report.tables[name].tombstones for name in ("users", "numbers", "contacts")}
    assert gone == {"users": 1, "numbers": 1, "contacts": 0}
    assert (report.tables["contacts"].rows, report.tables["teams"].rows) == (1, 1)
    lake.sandbox.advance(22 * HOUR)
    assert lake.land(AIRCALL).tables["contacts"].tombstones == 1


def test_words_of_any_script_arrive(lake: Lake) -> None:
    lake.land(AIRCALL)
    contacts = lake.current(AIRCALL, entity_of(AIRCALL, "contacts"))
    assert contacts.row(0)[1:6] == (
        "小林", "Tact1", "Müller GmbH", '["+495551234567"]', '["contact1@acme.example"]',
    )  # fmt: skip


def test_pace_and_pauses_are_those_of_the_headers() -> None:
    answer = requests.Response()
    answer.status_code = 429
    answer.headers["X-AircallApi-Limit"] = "120"
    answer.headers["X-AircallApi-Reset"] = str(int(time.time()) + 30)
    assert aircall.allowance(answer) == Rate(10, 5)
    assert 28 < (aircall.judge(answer).wait_seconds or 0) <= 30


def test_record_that_does_not_fit_is_set_aside(lake: Lake) -> None:
    report = faulty(lake, AIRCALL, "malformed_record", match="calls", field="duration", times=1)
    assert report.tables["calls"].rejects == 1
