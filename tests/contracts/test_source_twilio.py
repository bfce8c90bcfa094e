"""Twilio: calls that change late, deletions without a trace, and windows."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ingestion.entity import DELETED, VERSION_AT
from ingestion.sources import twilio
from ingestion.sources.twilio.settings import CALLS
from tests.contracts.company_sandbox import Lake, faulty
from tests.contracts.sandbox_server import at, serve
from tests.contracts.test_sandbox_twilio import ROWS

TWILIO = "twilio"
HOUR = 3600


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(ROWS) as sandbox:
        yield Lake(tmp_path, sandbox)


def test_call_is_landed_as_it_changes(lake: Lake) -> None:
    lake.land(TWILIO)
    newest = lake.current(TWILIO, CALLS).sort("start_time")["sid"][-1]
    for seconds in (7 * 60, 2 * HOUR, HOUR):
        lake.sandbox.advance(seconds)
        lake.land(TWILIO)
    versions = lake.rows(TWILIO, "calls").filter(pl.col("sid") == newest).sort(VERSION_AT)
    assert versions.select("status", "duration", "price").rows() == [
        ("in-progress", None, None),
        ("completed", 300, None),
        ("completed", 300, -0.375),
    ]


def test_deleted_call_and_released_number_become_tombstones(lake: Lake) -> None:
    lake.land(TWILIO)
    lake.sandbox.advance(2 * HOUR)
    report = lake.land(TWILIO)
    assert report.tables["incoming_phone_numbers"].tombstones == 1
    assert report.tables["calls"].tombstones == 0
    lake.sandbox.advance(22 * HOUR)
    assert lake.land(TWILIO).tables["calls"].tombstones == 1
    lake.sandbox.advance(24 * HOUR)
    assert lake.land(TWILIO).tables["calls"].tombstones == 0
    gone = lake.rows(TWILIO, "calls").filter(DELETED)
    assert gone[VERSION_AT].to_list() == [at("2026-11-19 10:00")]


def test_windows_bring_each_call_once_however_they_are_cut(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.land(TWILIO)
    monkeypatch.setattr(twilio, "WINDOW", timedelta(hours=7))
    monkeypatch.setattr(twilio, "WINDOWS", 5)
    monkeypatch.setattr(twilio, "PAGE_ROWS", 1)
    other = Lake(lake.root / "cut", lake.sandbox)
    other.land(TWILIO)
    assert other.rows(TWILIO, "calls").height == 8
    assert_frame_equal(lake.current(TWILIO, CALLS), other.current(TWILIO, CALLS))


def test_hourly_run_asks_once_for_calls_and_once_for_numbers(lake: Lake) -> None:
    lake.land(TWILIO)
    lake.sandbox.advance(HOUR)
    # A fault that lets requests pass counts them.
    lake.sandbox.fault(TWILIO, "server_error", skip=100)
    lake.land(TWILIO)
    pending = lake.sandbox.admin.get("/_sandbox/faults").json()["pending"]
    assert [fault["seen"] for fault in pending] == [2]


def test_call_that_does_not_fit_is_set_aside_and_not_deleted(lake: Lake) -> None:
    lake.land(TWILIO)
    lake.sandbox.advance(24 * HOUR)
    report = faulty(lake, TWILIO, "malformed_record", match="Calls", field="duration", times=1)
    assert report.tables["calls"].rejects == 1
    lake.sandbox.advance(24 * HOUR)
    assert lake.land(TWILIO).tables["calls"].tombstones == 0
