"""Zoom: months and UUIDs, late reports, one call a meeting, and agreement in the end."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import requests
from polars.testing import assert_frame_equal

from ingestion.http import Allowance, DayLeft, Rate
from ingestion.sources import zoom
from ingestion.sources.zoom import reports
from ingestion.sources.zoom.settings import ENTITIES, MEETINGS, PARTICIPANTS, USERS
from tests.contracts.company_sandbox import Lake, company_sandbox, faulty, totals
from tests.contracts.sandbox_server import Rows, at, serve
from tests.contracts.test_sandbox_zoom import DOUBLED, INNER, PLAIN, ROWS, SLASHED, meeting

ZOOM = "zoom"
HOUR = 3600
KINDS = ("rate_limit", "server_error", "truncated_page", "duplicate_record", "token_expiry")
SPOILED = ("late_row", "malformed_record", "null_key")


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(ROWS) as sandbox:
        yield Lake(tmp_path, sandbox)


def disagreements(lake: Lake, first_day: date) -> list[str]:
    """Entities whose count, keys or sum are not those of the sandbox since the first day read."""
    store = lake.sandbox.world.store
    meetings = store.fetch(
        f"select * from {store.current('zoom.meetings')}"
        f" where participants_count > 1 and started_at >= date '{first_day}'"
    )
    seats = store.fetch(
        f"select *, activity_n || '/' || user_id || '/' || joined_at as seat_id,"
        f" epoch(left_at - joined_at) as seconds from {store.current('zoom.participants')}"
    ).join(meetings, on="activity_n", how="semi")
    numbers = meetings.select("uuid", pl.col("activity_n").cast(pl.String))
    landed = lake.current(ZOOM, PARTICIPANTS)
    landed_seats = landed.join(numbers, left_on="meeting_uuid", right_on="uuid").with_columns(
        seat_id=pl.concat_str(
            "activity_n", "user_id", pl.col("join_time").dt.strftime("%F %T"), separator="/"
        )
    )
    users = store.fetch(f"select * from {store.current('zoom.users')}")
    pairs = {
        "meetings": (
            totals(lake.current(ZOOM, MEETINGS), "uuid", "duration"),
            totals(meetings, "uuid", "minutes"),
        ),
        "participants": (
            totals(landed_seats, "seat_id", "duration"),
            totals(seats, "seat_id", "seconds"),
        ),
        "users": (totals(lake.current(ZOOM, USERS), "id"), totals(users, "id")),
    }
    assert landed.height == landed_seats.height
    return [name for name, (mine, theirs) in pairs.items() if mine != theirs]


def test_lake_agrees_with_the_vendor_after_bad_days(tmp_path: Path) -> None:
    with company_sandbox(tmp_path / "company") as sandbox:
        lake = Lake(tmp_path / "lake", sandbox)
        first_day = (lake.now() - timedelta(days=180)).date()
        lake.land(ZOOM)
        assert lake.current(ZOOM, MEETINGS).height > 50
        assert disagreements(lake, first_day) == []
        for hours, kinds in ((1, KINDS + SPOILED), (24, KINDS + SPOILED), (24, KINDS)):
            sandbox.advance(hours * HOUR)
            for position, kind in enumerate(kinds):
                sandbox.fault(ZOOM, kind, times=1, skip=position // 3)
            lake.land(ZOOM)
            fired = sandbox.admin.get("/_sandbox/faults").json()["fired"]
            assert set(fired) == {f"{ZOOM}.{kind}" for kind in kinds}
            sandbox.clear_faults()
        assert disagreements(lake, first_day) == []


def test_meetings_come_with_host_and_participants_whatever_their_uuid(lake: Lake) -> None:
    lake.land(ZOOM)
    meetings = lake.current(ZOOM, MEETINGS).sort("start_time")
    numbers = [int(each) - 80_000_000_000 for each in meetings["id"]]
    assert numbers == [12, PLAIN, SLASHED, INNER, DOUBLED, 9, 11]
    users = lake.current(ZOOM, USERS)
    assert meetings.join(users, left_on="host_id", right_on="id", how="semi").height == 7
    seats = lake.current(ZOOM, PARTICIPANTS).group_by("meeting_uuid").agg(pl.col("name").n_unique())
    counted = meetings.join(seats, left_on="uuid", right_on="meeting_uuid")
    assert counted["name"].to_list() == counted["participants_count"].to_list()
    assert counted.height == 7


def test_hourly_run_asks_for_participants_of_ended_meetings_only(lake: Lake) -> None:
    lake.land(ZOOM)
    lake.sandbox.advance(HOUR)
    counted = {"past_meetings": 0, "report/users": 0, "/users?": 0}
    for part in counted:
        # A fault that lets requests pass counts them.
        lake.sandbox.fault(ZOOM, "server_error", skip=1_000, match=part)
    lake.land(ZOOM)
    pending = lake.sandbox.admin.get("/_sandbox/faults").json()["pending"]
    seen = {fault["match"]: fault["seen"] for fault in pending}
    # One meeting ended since two hours before the newest; three people, one month, three statuses.
    assert seen == {"past_meetings": 1, "report/users": 3, "/users?": 3}


def test_meeting_that_reports_late_is_found_by_the_daily_revisit(tmp_path: Path) -> None:
    """It shows 20 hours after its end, when later ones have long been landed."""
    rows: Rows = {
        **ROWS,
        "activities": [*meeting(20, "2026-11-18 08:00"), *meeting(21, "2026-11-18 15:00")],
    }
    with serve(rows) as sandbox:
        store = sandbox.world.store
        store.current("zoom.meetings")  # makes the table
        store.fetch(
            "update zoom.meetings set _from = _from + interval 20 hour where activity_n = 20"
        )
        lake = Lake(tmp_path, sandbox)
        lake.land(ZOOM)
        sandbox.advance(7 * HOUR)
        assert lake.land(ZOOM).tables["meetings"].rows == 1
        sandbox.advance(24 * HOUR)
        report = lake.land(ZOOM)
        assert (report.tables["meetings"].rows, report.tables["participants"].rows) == (1, 3)


def test_small_pages_bring_the_same(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.land(ZOOM)
    monkeypatch.setattr(reports, "PAGE_ROWS", 1)
    other = Lake(lake.root / "paged", lake.sandbox)
    other.land(ZOOM)
    for entity in ENTITIES:
        assert_frame_equal(lake.current(ZOOM, entity), other.current(ZOOM, entity))


def test_months_cover_each_day_once() -> None:
    spans = list(reports.months(date(2026, 1, 31), date(2026, 3, 1)))
    assert spans == [
        (date(2026, 1, 31), date(2026, 1, 31)),
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 3, 1), date(2026, 3, 1)),
    ]
    assert reports.encoded("/a//b==") == "%252Fa%252F%252Fb%253D%253D"
    assert reports.encoded("a/b==") == "a%2Fb%3D%3D"


def test_used_up_day_ends_the_run_with_the_wait_it_takes(lake: Lake) -> None:
    lake.sandbox.fault(ZOOM, "quota_exhausted", match="report")
    used_up = lake.land(ZOOM)
    assert used_up.unfinished >= {"meetings"} and used_up.tables["users"].rows > 0
    assert used_up.used_up_until is not None and used_up.used_up_until.year >= 2098
    answer = requests.Response()
    answer.status_code = 429
    until = datetime.now(UTC) + timedelta(hours=3)
    answer.headers["Retry-After"] = until.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert 10_790 < (zoom.judge(answer).wait_seconds or 0) <= 10_800


def test_pace_is_what_the_answers_tell() -> None:
    answer = requests.Response()
    answer.headers["X-RateLimit-Type"] = "Per-second-limit"
    answer.headers["X-RateLimit-Limit"] = "40"
    assert zoom.allowance(answer) == Rate(40, 1)
    answer.headers["X-RateLimit-Type"] = "Daily-limit"
    assert zoom.allowance(answer) is None
    answer.headers["X-RateLimit-Remaining"] = "7"
    assert zoom.allowance(answer) == Allowance(day=DayLeft(7, 40))


def test_meeting_that_does_not_fit_is_set_aside(lake: Lake) -> None:
    report = faulty(lake, ZOOM, "malformed_record", match="report/users", field="duration", times=1)
    assert report.tables["meetings"].rejects == 1
    assert lake.rows(ZOOM, "participants")["join_time"].min() > at("2026-06-30 08:00")
