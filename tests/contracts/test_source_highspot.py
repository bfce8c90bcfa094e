"""Highspot: whole lists, short pages, reports and their columns."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from ingestion.conform import conform
from ingestion.entity import DELETED
from ingestion.http import VendorError
from ingestion.landing import LandingError
from ingestion.sandbox.vendors.highspot import routes
from ingestion.sources import highspot
from ingestion.sources.highspot.settings import ITEMS, PITCHES, SPOTS, USERS, VIEWS
from tests.contracts.company_sandbox import Lake, faulty, totals
from tests.contracts.enablement_company import ROWS
from tests.contracts.sandbox_server import at, serve

HIGHSPOT = "highspot"
HOUR = 3600


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(ROWS) as sandbox:
        yield Lake(tmp_path, sandbox)


def disagreements(lake: Lake) -> list[str]:
    """Entities whose count, keys or sum are not those of the sandbox at its clock."""
    store = lake.sandbox.world.store

    def theirs(table: str, columns: str, condition: str = "true") -> pl.DataFrame:
        current = store.current(f"highspot.{table}")
        return store.fetch(f"select {columns} from {current} where {condition}")

    views = theirs(
        "views",
        """concat_ws('|', "Item ID", strftime("Viewed At (UTC)", '%Y-%m-%d %H:%M:%S'),
            coalesce("Pitch ID", ''), "Viewer Email") as view_key,
        "Time Spent (Seconds)" as time_spent_seconds""",
    )
    pitches = theirs(
        "pitches",
        """concat_ws('|', "Pitch ID", "Item ID", strftime("Sent At (UTC)", '%Y-%m-%d %H:%M:%S'),
            "Recipient Email") as pitch_key""",
    )
    items = theirs("items", "id", "not is_removed")
    current = {
        entity.name: lake.current(HIGHSPOT, entity)
        for entity in (USERS, SPOTS, ITEMS, PITCHES.entity, VIEWS.entity)
    }
    measure = "time_spent_seconds"
    pairs = {
        "users": (totals(current["users"], "id"), totals(theirs("users", "id"), "id")),
        "spots": (totals(current["spots"], "id"), totals(theirs("spots", "id"), "id")),
        "items": (totals(current["items"], "id"), totals(items, "id")),
        "pitches": (totals(current["pitches"], "pitch_key"), totals(pitches, "pitch_key")),
        "views": (
            totals(current["views"], "view_key", measure),
            totals(views, "view_key", measure),
        ),
    }
    return [name for name, (mine, vendors) in pairs.items() if mine != vendors]


def test_pages_that_are_cut_short_are_not_taken_for_the_last(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "MOST", 3)
    lake.land(HIGHSPOT)
    assert disagreements(lake) == []
    assert lake.current(HIGHSPOT, ITEMS).height > 3


def test_repeated_record_does_not_hide_another(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes twice at a page's end and once more at the head of the next."""
    monkeypatch.setattr(routes, "MOST", 3)
    for match in ("/spots", "/items"):
        lake.sandbox.fault(HIGHSPOT, "duplicate_record", match=match, times=2)
    lake.land(HIGHSPOT)
    assert disagreements(lake) == []


def test_spot_without_an_id_is_asked_for_again(lake: Lake) -> None:
    lake.land(HIGHSPOT)
    for skip in (0, 1):
        lake.sandbox.fault(HIGHSPOT, "null_key", match="/spots", skip=skip)
    assert lake.land(HIGHSPOT).tables["items"].tombstones == 0


def test_withdrawn_item_is_deleted_and_comes_back(tmp_path: Path) -> None:
    """Asset 22 is withdrawn with its fourth revision and comes back with the fifth."""
    with serve(ROWS) as sandbox:
        store = sandbox.world.store
        store.current("highspot.items")  # makes the table
        versions = store.fetch("select * from highspot.items where _key = '22' order by _from")
    withdrawn = versions.filter("is_removed")["_from"].item()
    back = versions.filter(pl.col("_from") > withdrawn)["_from"][0]
    before = at((withdrawn - timedelta(hours=1)).isoformat())
    with serve(ROWS, now=before) as sandbox:
        lake = Lake(tmp_path, sandbox)
        lake.land(HIGHSPOT)
        sandbox.advance(HOUR)
        assert lake.land(HIGHSPOT).tables["items"].tombstones == 1
        gone = lake.rows(HIGHSPOT, "items").filter(DELETED)
        assert gone["id"].to_list() == [versions["id"][0]]
        sandbox.advance((back - withdrawn).total_seconds())
        lake.land(HIGHSPOT)
        assert versions["id"][0] in lake.current(HIGHSPOT, ITEMS)["id"]


def test_hourly_run_asks_twice_for_spots_once_for_each_spot_and_report(lake: Lake) -> None:
    lake.land(HIGHSPOT)
    lake.sandbox.advance(HOUR / 2)
    # A fault that lets requests pass counts them.
    lake.sandbox.fault(HIGHSPOT, "server_error", skip=1_000)
    report = lake.land(HIGHSPOT)
    pending = lake.sandbox.admin.get("/_sandbox/faults").json()["pending"]
    spots = lake.current(HIGHSPOT, SPOTS).height
    assert [fault["seen"] for fault in pending] == [1 + 2 + spots + 2]
    assert report.load_id is None


def test_time_on_content_can_be_had_by_person_and_deal(lake: Lake) -> None:
    lake.land(HIGHSPOT)
    pitches = lake.current(HIGHSPOT, PITCHES.entity)
    views = lake.current(HIGHSPOT, VIEWS.entity).filter(viewer_type="External")
    joined = views.join(
        pitches.with_columns(viewer_email=pl.col("recipient_email").str.to_lowercase()),
        on=["pitch_id", "item_id", "viewer_email"],
    )
    assert joined.height == views.height > 0
    assert set(joined["opportunity_id"].drop_nulls()) == {
        str(30_000_000_000 + number) for number in (2, 6, 10)
    }
    assert joined["time_spent_seconds"].min() > 0


def table(headers: dict[str, str]) -> pa.Table:
    return pa.table(
        {name: pa.array([value or None], pa.string()) for name, value in headers.items()}
    )


def test_report_may_write_its_headers_otherwise_but_must_have_them() -> None:
    row = dict.fromkeys(VIEWS.headers, "x") | {"More": "y"}
    other = {name.upper().replace(" ", "_"): value for name, value in row.items()}
    named = highspot._named(VIEWS, table(other))
    assert named.column_names == list(VIEWS.headers.values())
    del other["VIEWER_EMAIL"]
    with pytest.raises(VendorError, match=r"'Views' has no column Viewer Email; add it"):
        highspot._named(VIEWS, table(other))


def test_view_without_an_item_is_set_aside_and_one_without_a_viewer_is_not() -> None:
    whole = {
        "Item ID": "i", "Pitch ID": "p", "Viewer Email": "a@b.example",
        "Viewer Type": "External", "Viewed At (UTC)": "2026-11-18 10:00:00",
        "Time Spent (Seconds)": "7", "Downloaded": "No",
    }  # fmt: skip
    outcomes = []
    for absent in ("", "Item ID", "Viewed At (UTC)", "Viewer Email"):
        rows = highspot._with_key(
            VIEWS, highspot._named(VIEWS, table({**whole, absent: ""} if absent else whole))
        )
        found = conform(VIEWS.entity, rows, loaded_at=at("2026-11-18 11:00"))
        outcomes.append((found.table["view_key"].to_pylist(), found.rejects.num_rows))
    assert outcomes == [
        (["i|2026-11-18 10:00:00|p|a@b.example"], 0),
        ([], 1),
        ([], 1),
        (["i|2026-11-18 10:00:00|p|"], 0),
    ]


def test_view_that_does_not_fit_is_set_aside(lake: Lake) -> None:
    report = faulty(
        lake,
        HIGHSPOT,
        "malformed_record",
        match=routes.credentials.VIEWS_REPORT,
        field="Time Spent (Seconds)",
        times=1,
    )
    assert report.tables["views"].rejects == 1


def test_wrong_report_is_named(lake: Lake) -> None:
    with pytest.raises(LandingError, match="'Views' has no column Viewer Email"):
        lake.land(HIGHSPOT, views_report_id=routes.credentials.PITCHES_REPORT)
