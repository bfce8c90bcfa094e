"""The raw log: what a landing appends, what it sets aside, and what it leaves alone."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pydantic import BaseModel

from ingestion import landing
from ingestion.entity import DELETED, VERSION_AT, Entity, Page, columns
from ingestion.feed import OVERLAP, Feed, Revisit
from ingestion.http import VendorError
from ingestion.landing import LandingError, LandingLocked, LandingReport, land, land_feeds
from ingestion.lock import exclusive
from ingestion.maintenance import maintain
from tests.integration.landed import CALLS, DEALS, START, land_records, records

NOW = START + timedelta(days=1)


class Nothing(BaseModel):
    """A connection with nothing in it."""


PLANS = Entity("plans", ("id",), columns(text="id name"), "Plans.", memory="latest")


def land_pages(
    root: Path,
    entity: Entity,
    pages: Iterable[Page],
    *,
    complete: bool = False,
    now: datetime = NOW,
) -> LandingReport:
    held = list(pages)
    return land_feeds(
        "acme",
        lambda: [Feed(entity, lambda since: held, complete=complete)],
        lake_url=str(root / "lake"),
        state_dir=root / "state",
        clock=lambda: now,
    )


def table(root: Path, name: str) -> list[dict[str, Any]]:
    rows = DeltaTable(str(root / "lake" / "raw" / "acme" / name)).to_pyarrow_table().to_pylist()
    return sorted(rows, key=lambda row: (str(row.get("id")), row.get(VERSION_AT) or NOW))


def deal(number: int, **changes: Any) -> dict[str, Any]:
    return {**records(number + 1)[number], **changes}


def test_second_run_appends_only_what_changed(tmp_path: Path) -> None:
    rows = records(1200)
    first = land_records(tmp_path / "lake", tmp_path / "state", rows)
    changed = {"amount": 7.0, VERSION_AT: (START + timedelta(seconds=1300)).isoformat()}
    second = land_records(tmp_path / "lake", tmp_path / "state", [*rows, {**rows[3], **changed}])
    third = land_records(tmp_path / "lake", tmp_path / "state", [*rows, {**rows[3], **changed}])
    assert first.tables["deals"].rows == 1200
    assert second.tables["deals"].rows == 1
    assert third.tables["deals"].rows == 0
    assert third.load_id is None
    assert [row["amount"] for row in table(tmp_path, "deals") if row["id"] == "3"] == [4.5, 7.0]


def test_change_within_the_cursors_second_is_not_lost(tmp_path: Path) -> None:
    land_pages(tmp_path, DEALS, [[deal(1)]])
    report = land_pages(tmp_path, DEALS, [[deal(1, name="changed again")]])
    assert report.tables["deals"].rows == 1


def test_vendor_that_brings_more_than_asked_for_adds_nothing(tmp_path: Path) -> None:
    rows = records(3000)
    land_pages(tmp_path, DEALS, [rows])
    assert land_pages(tmp_path, DEALS, [rows]).tables["deals"].rows == 0


def test_every_row_says_when_it_was_landed_and_by_which_load(tmp_path: Path) -> None:
    report = land_pages(tmp_path, DEALS, [[deal(1)]])
    (row,) = table(tmp_path, "deals")
    assert row["_loaded_at"] == NOW
    assert row["_dlt_load_id"] == report.load_id
    assert row[VERSION_AT] == START + timedelta(seconds=1)
    assert row[DELETED] is False


def test_tables_exist_when_nothing_was_there(tmp_path: Path) -> None:
    report = land_pages(tmp_path, DEALS, [])
    delta = DeltaTable(str(tmp_path / "lake/raw/acme/deals"))
    names = [field.name for field in delta.schema().fields]
    assert names == [*DEALS.columns.names, VERSION_AT, "_loaded_at", DELETED, "_dlt_load_id"]
    assert table(tmp_path, "deals__rejects") == []
    assert report.tables["deals"].delta_version == 0
    assert delta.metadata().configuration["delta.enableDeletionVectors"] == "false"


def test_record_delivered_twice_lands_once(tmp_path: Path) -> None:
    report = land_pages(tmp_path, DEALS, [[deal(1), deal(2)], [deal(2), deal(1)]])
    assert report.tables["deals"].rows == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amount": "twelve"}, "amount: not a number: 'twelve'"),
        ({"amount": float("nan")}, "amount: not a finite number: 'nan'"),
        ({"id": None}, "id: missing or null"),
        ({"id": ""}, "id: missing or null"),
        ({VERSION_AT: None}, "_version_at: missing or null"),
        ({"at": "yesterday"}, "at: not a time: 'yesterday'"),
        ({"name": "half \ud83d"}, "name: lone surrogate, not valid Unicode"),
        ({"name": {"first": "x"}}, "name: dict where text is expected"),
    ],
)
def test_bad_record_goes_to_the_rejects_with_its_reason(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    report = land_pages(tmp_path, DEALS, [[deal(1), deal(2, **change)]])
    (reject,) = table(tmp_path, "deals__rejects")
    assert (report.tables["deals"].rows, report.tables["deals"].rejects) == (1, 1)
    assert (reject["entity"], reject["reason"]) == ("deals", reason)
    assert '"name": ' in reject["record"]


def test_integer_beyond_64_bits_is_rejected(tmp_path: Path) -> None:
    report = land_pages(tmp_path, CALLS, [[deal(1), deal(2, seconds=2**64)]])
    assert report.tables["calls"].rejects == 1
    assert table(tmp_path, "calls__rejects")[0]["reason"] == "seconds: integer beyond 64 bits"


def test_something_that_is_no_record_is_rejected(tmp_path: Path) -> None:
    pages: Any = [[deal(1), None, "text"]]
    assert land_pages(tmp_path, DEALS, pages).tables["deals"].rejects == 2


def test_bad_record_read_again_is_not_reported_again(tmp_path: Path) -> None:
    land_pages(tmp_path, DEALS, [[deal(1, amount="x")]])
    assert land_pages(tmp_path, DEALS, [[deal(1, amount="x")]]).tables["deals"].rejects == 0


class Asked:
    """A lake fed by scripted reads; `since` are the seconds after START that they were to go back
    to, without the overlap."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.since: list[float | None] = []

    def land(self, *rows: dict[str, Any], code: str = "old") -> LandingReport:
        def read(since: datetime | None) -> Iterable[Page]:
            start = None if since is None else (since + OVERLAP - START).total_seconds()
            self.since.append(start)
            return [list(rows)]

        return land_feeds(
            "acme",
            lambda: [Feed(DEALS, read)],
            lake_url=str(self.root / "lake"),
            state_dir=self.root / "state",
            clock=lambda: NOW,
            code=code,
        )


def test_record_that_was_set_aside_is_asked_for_once_more(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    asked.land(deal(1))
    asked.land(deal(2000, amount="half an answer"), deal(3000))
    assert asked.land(deal(2000), deal(3000)).tables["deals"].rows == 1
    asked.land()
    assert asked.since == [None, 1, 1, 3000]
    assert {row["id"] for row in table(tmp_path, "deals")} == {"1", "2000", "3000"}


def test_bad_records_in_every_run_keep_it_one_run_behind(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    asked.land(deal(1))
    for second in (1000, 2000, 3000, 4000):
        asked.land(deal(second, amount="bad for good"), deal(second + 1))
    asked.land(deal(4001))
    asked.land()
    assert asked.since == [None, 1, 1, 1001, 2001, 3001, 4001]


def test_first_load_with_bad_records_is_not_repeated(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    asked.land(deal(1), deal(2, amount="bad"))
    asked.land()
    assert asked.since == [None, 1]


def test_mended_code_reads_anew_what_the_old_one_set_aside(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    asked.land(deal(1), deal(2, amount="1,000.00"))
    asked.land(deal(3))
    report = asked.land(deal(1), deal(2), deal(3), code="mended")
    assert (report.tables["deals"].rows, report.tables["deals"].tombstones) == (1, 0)
    asked.land(deal(4), code="mended")
    asked.land(deal(5), code="newer")
    assert asked.since == [None, 1, None, 3, 4]


def test_odd_but_valid_text_lands_as_it_is(tmp_path: Path) -> None:
    text = "日本 \U0001f600 nul\x00 " + "x" * 100_000
    land_pages(tmp_path, DEALS, [[deal(1, name=text)]])
    assert table(tmp_path, "deals")[0]["name"] == text


def test_column_that_changes_its_type_keeps_its_values_in_a_variant(tmp_path: Path) -> None:
    land_pages(tmp_path, DEALS, [[deal(1)]])
    changed = [deal(number, amount=f"{number} EUR") for number in range(2, 7)]
    report = land_pages(tmp_path, DEALS, [changed])
    assert report.tables["deals"].variant_columns == ("amount__v_text",)
    assert report.tables["deals"].rejects == 0
    values = [(row["amount"], row["amount__v_text"]) for row in table(tmp_path, "deals")]
    assert values[:2] == [(1.5, None), (None, "2 EUR")]
    again = land_pages(tmp_path, DEALS, [changed])
    assert again.tables["deals"].rows == 0
    assert land_pages(tmp_path, DEALS, [[deal(9)]]).tables["deals"].rows == 1


def test_tombstone_is_appended_once(tmp_path: Path) -> None:
    land_pages(tmp_path, DEALS, [[deal(1)]])
    gone = {"id": "1", DELETED: True, VERSION_AT: NOW.isoformat()}
    later = {**gone, VERSION_AT: (NOW + timedelta(hours=1)).isoformat()}
    assert land_pages(tmp_path, DEALS, [[gone]]).tables["deals"].tombstones == 1
    assert land_pages(tmp_path, DEALS, [[later]]).tables["deals"].tombstones == 0
    assert [row[DELETED] for row in table(tmp_path, "deals")] == [False, True]


def test_deletion_reads_nothing_of_the_history(tmp_path: Path) -> None:
    def at(hours: int) -> str:
        return (NOW + timedelta(hours=hours)).isoformat()

    land_pages(tmp_path, DEALS, [[deal(1), deal(2)]])
    (history,) = (tmp_path / "lake/raw/acme/deals").glob("*.parquet")
    land_pages(tmp_path, DEALS, [[deal(3, **{VERSION_AT: at(0)})]])
    aside = history.rename(tmp_path / "history")
    report = land_pages(tmp_path, DEALS, [[{"id": "1", DELETED: True, VERSION_AT: at(1)}]])
    aside.rename(history)
    assert report.tables["deals"].tombstones == 1
    assert [row[DELETED] for row in table(tmp_path, "deals")] == [False, True, False, False]


def test_record_that_comes_back_lands_again_and_can_be_deleted_again(tmp_path: Path) -> None:
    def at(hours: int) -> str:
        return (NOW + timedelta(hours=hours)).isoformat()

    for hours, is_deleted in ((0, False), (1, True), (2, False), (3, True)):
        land_pages(tmp_path, DEALS, [[{"id": "1", VERSION_AT: at(hours), DELETED: is_deleted}]])
    assert [row[DELETED] for row in table(tmp_path, "deals")] == [False, True, False, True]


def plan(plan_id: str, name: str, at: datetime = START) -> dict[str, Any]:
    return {"id": plan_id, "name": name, VERSION_AT: at}


def test_complete_read_lands_changes_and_deletes_what_vanished(tmp_path: Path) -> None:
    def run(hours: int, *rows: dict[str, Any]) -> tuple[int, int]:
        now = NOW + timedelta(hours=hours)
        report = land_pages(tmp_path, PLANS, [list(rows)], complete=True, now=now)
        return report.tables["plans"].rows, report.tables["plans"].tombstones

    assert run(0, plan("1", "a"), plan("2", "b")) == (2, 0)
    assert run(1, plan("1", "a"), plan("2", "b")) == (0, 0)
    assert run(2, plan("1", "changed")) == (1, 1)
    assert run(3, plan("1", "changed")) == (0, 0)
    assert run(4, plan("1", "changed"), plan("2", "b")) == (1, 0)
    latest = {row["id"]: (row["name"], row[DELETED]) for row in table(tmp_path, "plans")}
    assert latest == {"1": ("changed", False), "2": ("b", False)}


def test_read_that_breaks_off_deletes_nothing(tmp_path: Path) -> None:
    land_pages(tmp_path, PLANS, [[plan("1", "a"), plan("2", "b")]], complete=True)

    def broken(since: datetime | None) -> Iterable[Page]:
        yield [plan("1", "new")]
        raise LandingError("the vendor went away")

    with pytest.raises(LandingError):
        land_feeds(
            "acme",
            lambda: [Feed(PLANS, broken, complete=True)],
            lake_url=str(tmp_path / "lake"),
            state_dir=tmp_path / "state",
            clock=lambda: NOW,
        )
    assert len(table(tmp_path, "plans")) == 2


def test_lost_state_lands_nothing_twice(tmp_path: Path) -> None:
    land_records(tmp_path / "lake", tmp_path / "state", records(500))
    report = land_records(tmp_path / "lake", tmp_path / "other_state", records(501))
    assert report.tables["deals"].rows == 1


def test_lost_lake_is_landed_again_from_the_start(tmp_path: Path) -> None:
    land_records(tmp_path / "lake", tmp_path / "state", records(500))
    report = land_records(tmp_path / "other_lake", tmp_path / "state", records(500))
    assert report.tables["deals"].rows == 500


def test_modification_time_in_the_far_future_does_not_hide_later_changes(tmp_path: Path) -> None:
    future = (NOW + timedelta(days=3650)).isoformat()
    asked: list[datetime | None] = []

    def read(since: datetime | None) -> Iterable[Page]:
        asked.append(since)
        yield [deal(1, **{VERSION_AT: future})]

    for _ in range(2):
        land_feeds(
            "acme",
            lambda: [Feed(DEALS, read)],
            lake_url=str(tmp_path / "lake"),
            state_dir=tmp_path / "state",
            clock=lambda: NOW,
        )
    assert asked[1] is not None
    assert asked[1] <= NOW + timedelta(days=1)


def test_second_landing_is_refused_and_names_the_holder(tmp_path: Path) -> None:
    with exclusive(tmp_path / "state" / "acme.lock"), pytest.raises(LandingLocked) as caught:
        land_pages(tmp_path, DEALS, [[deal(1)]])
    assert "another landing is running in process" in str(caught.value)


def test_unknown_source_and_wrong_connection_are_named(tmp_path: Path) -> None:
    def attempt(source: str, connection: BaseModel) -> None:
        land(
            source,
            connection=connection,
            lake_url=str(tmp_path / "lake"),
            state_dir=tmp_path / "state",
            clock=lambda: NOW,
        )

    with pytest.raises(LandingError, match="unknown source 'acme'; known are aircall, dynamics"):
        attempt("acme", Nothing())
    with pytest.raises(LandingError, match=r"hubspot: the connection needs .* access_token"):
        attempt("hubspot", Nothing())


def test_lake_that_cannot_be_written_is_an_error_of_the_landing(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file where the lake should be", encoding="utf-8")
    with pytest.raises(LandingError, match=r"^acme: "):
        land_pages(tmp_path, DEALS, [[deal(1)]])


@pytest.mark.parametrize("said", ["acme: GET /deals answered 500", "the disk is full"])
def test_error_of_a_landing_names_its_source_once(tmp_path: Path, said: str) -> None:
    def read(since: datetime | None) -> Iterable[Page]:
        raise VendorError(said)

    with pytest.raises(LandingError) as caught:
        land_feeds(
            "acme",
            lambda: [Feed(DEALS, read)],
            lake_url=str(tmp_path / "lake"),
            state_dir=tmp_path / "state",
            clock=lambda: NOW,
        )
    assert str(caught.value) == f"acme: {said.removeprefix('acme: ')}"


def test_records_of_old_loads_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "KEPT_PACKAGES", 1)
    for number in range(3):
        report = land_pages(tmp_path, DEALS, [[deal(number)]])
    loaded = tmp_path / "state" / "acme" / "load" / "loaded"
    assert [package.name for package in loaded.iterdir()] == [report.load_id]


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []

    def progress(name: str, count: int) -> None:
        told.append((name, count))

    land_feeds(
        "acme",
        lambda: [Feed(DEALS, lambda since: [records(10)])],
        lake_url=str(tmp_path / "lake"),
        state_dir=tmp_path / "state",
        clock=lambda: NOW,
        progress=progress,
    )
    assert told[-1] == ("deals", 10)


def test_maintenance_compacts_and_loses_nothing(tmp_path: Path) -> None:
    for number in range(4):
        land_pages(tmp_path, DEALS, [[deal(number)]])
    care = maintain(str(tmp_path / "lake"), "raw", retention_hours=0)
    assert care["acme/deals"].files_before == 4
    assert care["acme/deals"].files_after == 1
    assert care["acme/deals"].files_deleted == 4
    assert len(table(tmp_path, "deals")) == 4
    assert land_pages(tmp_path, DEALS, [[deal(4)]]).tables["deals"].rows == 1


def test_revisit_of_everything_finds_old_changes_and_deletions(tmp_path: Path) -> None:
    """The vendor shows only the last hour's plans; once a day all of them are read."""
    shown = {"1": plan("1", "old"), "2": plan("2", "gone soon"), "3": plan("3", "new")}
    asked: list[datetime | None] = []

    def read(since: datetime | None) -> Iterable[Page]:
        asked.append(since)
        yield [row for row in shown.values() if since is None or row["id"] == "3"]

    def land_at(hours: int) -> LandingReport:
        feed = Feed(PLANS, read, overlap=timedelta(hours=1), revisit=Revisit(timedelta(days=1)))
        return land_feeds(
            "acme",
            lambda: [feed],
            lake_url=str(tmp_path / "lake"),
            state_dir=tmp_path / "state",
            clock=lambda: NOW + timedelta(hours=hours),
        )

    land_at(0)
    shown["1"] = plan("1", "changed")
    del shown["2"]
    assert land_at(1).load_id is None
    swept = land_at(24).tables["plans"]
    assert (swept.rows, swept.tombstones) == (1, 1)
    assert land_at(25).load_id is None
    assert [since is None for since in asked] == [True, False, True, False]
    shown["2"] = plan("2", "gone soon")
    assert land_at(48).tables["plans"].rows == 1


def test_record_that_went_back_under_the_same_date_is_news(tmp_path: Path) -> None:
    """What does not move a record's date is seen when all is read again, in whatever order."""

    def land_at(day: int, *rows: dict[str, Any]) -> int:
        report = land_feeds(
            "acme",
            lambda: [Feed(DEALS, lambda since: [list(rows)], revisit=Revisit(timedelta(days=1)))],
            lake_url=str(tmp_path / "lake"),
            state_dir=tmp_path / "state",
            clock=lambda: NOW + timedelta(days=day),
        )
        return report.tables["deals"].rows

    assert land_at(0, deal(1), deal(2)) == 2
    assert land_at(1, deal(1, name="linked"), deal(2)) == 1
    assert land_at(2, deal(1), deal(2)) == 1
    assert land_at(3, deal(1), deal(2)) == 0
    names = [row["name"] for row in table(tmp_path, "deals") if row["id"] == "1"]
    assert sorted(names) == ["deal 1", "deal 1", "linked"]


def test_record_that_does_not_fit_any_more_is_not_deleted(tmp_path: Path) -> None:
    land_pages(tmp_path, PLANS, [[plan("1", "a"), plan("2", "b")]], complete=True)
    bad = {**plan("2", "b"), "name": ["b"]}
    report = land_pages(tmp_path, PLANS, [[plan("1", "a"), bad, "no record"]], complete=True)
    assert (report.tables["plans"].rejects, report.tables["plans"].tombstones) == (2, 0)


def test_daily_sweep_deletes_what_left_no_trace(tmp_path: Path) -> None:
    swept: list[int] = []

    def run(hours: int, changed: list[dict[str, Any]], there: list[str | None]) -> tuple[int, int]:
        def sweep() -> Iterable[list[dict[str, Any]]]:
            swept.append(hours)
            yield [{"id": each} for each in there]

        report = land_feeds(
            "acme",
            lambda: [Feed(DEALS, lambda since: [changed], sweep=sweep)],
            lake_url=str(tmp_path / "lake"),
            state_dir=tmp_path / "state",
            clock=lambda: NOW + timedelta(hours=hours),
        )
        return report.tables["deals"].rows, report.tables["deals"].tombstones

    told = {"id": "2", VERSION_AT: (NOW + timedelta(hours=24)).isoformat(), DELETED: True}
    assert run(0, [deal(1), deal(2), deal(3), deal(4)], []) == (4, 0)
    assert run(23, [], []) == (0, 0)
    assert run(24, [told, deal(5)], ["1", "3", "5"]) == (1, 2)
    assert run(48, [], ["1", None]) == (0, 0)
    assert run(49, [], ["1", "5"]) == (0, 1)
    assert swept == [24, 48, 49]
    gone = {row["id"]: row[VERSION_AT] - NOW for row in table(tmp_path, "deals") if row[DELETED]}
    assert gone == {
        "2": timedelta(hours=24),
        "3": timedelta(hours=49),
        "4": timedelta(hours=24),
    }
