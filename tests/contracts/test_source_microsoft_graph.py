"""Microsoft Graph: moves, deletes, links that are over, series, views, texts, calls, agreement."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ingestion.entity import DELETED
from ingestion.http import VendorClient
from ingestion.landing import LandingError
from ingestion.sandbox.vendors.microsoft_graph import records, service, states
from ingestion.sandbox.vendors.microsoft_graph.refusals import refused
from ingestion.sources.microsoft_graph import graph, meetings
from ingestion.sources.microsoft_graph.rows import meeting_row, message_row
from ingestion.sources.microsoft_graph.settings import ENTITIES, MAILBOXES, MEETINGS, MESSAGES
from tests.contracts.company_sandbox import Lake, company_sandbox, totals
from tests.contracts.sandbox_server import NOW, at, serve
from tests.contracts.test_sandbox_microsoft_graph import ROWS

GRAPH = "microsoft_graph"
HOUR = 3600
DAY = 24 * HOUR
KINDS = ("rate_limit", "server_error", "truncated_page", "duplicate_record", "token_expiry")
SPOILED = ("late_row", "null_key")
MATCHES = {"null_key": "/v1.0/users?", "duplicate_record": "/messages/delta"}
LEFT_OUT = ("drafts", "junkemail", "outbox")


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(ROWS) as sandbox:
        yield Lake(tmp_path, sandbox)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked for, by order: paths, and of batches the addresses within."""
    asked: list[str] = []
    ask = VendorClient._call

    def counted(self: VendorClient, method: str, path: str, **more: Any) -> Any:
        asked.append(path)
        within = (more.get("json") or {}).get("requests", [])
        asked.extend(f"in batch: {each['url']}" for each in within)
        return ask(self, method, path, **more)

    monkeypatch.setattr(VendorClient, "_call", counted)
    return asked


def disagreements(lake: Lake, since: datetime, until: datetime) -> list[str]:
    """Entities that differ from the sandbox's by their count, their keys or their state."""
    store = lake.sandbox.world.store
    users = store.fetch(f"select * from {store.current('microsoft_graph.users')}")
    messages = store.fetch(
        f"select *, mailbox_n || '/' || id || '/' || is_read as state,"
        f" epoch(_from) as changed from {store.current('microsoft_graph.messages')}"
        f" where not _deleted and folder not in {LEFT_OUT}"
    )
    events = store.fetch(
        f"select *, mailbox_n || '/' || id || '/' || type || '/' || is_cancelled as state,"
        f" epoch(starts_at) as begins from {store.current('microsoft_graph.events')}"
        f" where not _deleted and type <> 'seriesMaster' and ends_at > '{since:%F %T}'"
        f" and starts_at < '{until:%F %T}'"
    )
    numbers = users.select(pl.col("id").alias("mailbox_id"), pl.col("user_n").cast(pl.String))

    def landed(entity: Any, *state: str) -> pl.DataFrame:
        rows = lake.current(GRAPH, entity).join(numbers, on="mailbox_id")
        return rows.with_columns(state=pl.concat_str("user_n", "id", *state, separator="/"))

    mails = landed(MESSAGES, "is_read").with_columns(changed=pl.col("modified_at").dt.epoch("s"))
    times = landed(MEETINGS, "type", "is_cancelled").with_columns(
        begins=pl.col("starts_at").dt.epoch("s")
    )
    pairs = {
        "messages": (totals(mails, "state", "changed"), totals(messages, "state", "changed")),
        "meetings": (totals(times, "state", "begins"), totals(events, "state", "begins")),
        "mailboxes": (totals(lake.current(GRAPH, MAILBOXES), "id"), totals(users, "id")),
    }
    return [name for name, (mine, theirs) in pairs.items() if mine != theirs]


def view(now: datetime) -> tuple[datetime, datetime]:
    return now - meetings.VIEW_BEFORE, now + meetings.VIEW_AFTER


def test_lake_agrees_with_the_vendor_after_bad_days(tmp_path: Path) -> None:
    with company_sandbox(tmp_path / "company") as sandbox:
        lake = Lake(tmp_path / "lake", sandbox)
        span = view(lake.now())
        lake.land(GRAPH)
        assert lake.current(GRAPH, MESSAGES).height > 900
        assert disagreements(lake, *span) == []
        for hours, kinds in ((24, KINDS + SPOILED), (30, KINDS + SPOILED), (24, KINDS)):
            sandbox.advance(hours * HOUR)
            for position, kind in enumerate(kinds):
                skip = 0 if kind in MATCHES else position // 3
                sandbox.fault(GRAPH, kind, times=1, skip=skip, match=MATCHES.get(kind, ""))
            lake.land(GRAPH)
            fired = sandbox.admin.get("/_sandbox/faults").json()["fired"]
            assert set(fired) == {f"{GRAPH}.{kind}" for kind in kinds}
            sandbox.clear_faults()
        lake.land(GRAPH)
        assert disagreements(lake, *span) == []


def test_headers_of_each_copy_are_landed_and_no_text(lake: Lake) -> None:
    lake.land(GRAPH)
    assert lake.current(GRAPH, MAILBOXES).height == 3
    rows = lake.current(GRAPH, MESSAGES).sort("received_at").to_dicts()
    copies = [row for row in rows if row["cc_addresses"]]
    assert {row["is_sent"] for row in copies} == {True, False}
    assert len({row["message_id"] for row in copies}) == 1
    reply = next(row for row in rows if row["subject"] == "Re: お見積りの件")
    assert (reply["from_name"], reply["is_sent"]) == ("翔 渡辺", False)
    assert json.loads(reply["to_addresses"]) == ["User1@acme.example"]
    assert reply["folder_name"] == "Inbox"
    assert (
        len({row["conversation_id"] for row in rows if row["mailbox_id"] == reply["mailbox_id"]})
        == 1
    )
    landed = str([lake.rows(GRAPH, entity.name).to_dicts() for entity in ENTITIES])
    assert records.SECRET_TEXT not in landed


def test_meetings_have_guests_with_answers_and_times_in_utc(lake: Lake) -> None:
    lake.land(GRAPH)
    found = lake.current(GRAPH, MEETINGS).filter(type="singleInstance").sort("starts_at")
    first, private = found.to_dicts()[:2]
    assert (first["starts_at"], first["ends_at"]) == (
        at("2026-11-16 09:00"),
        at("2026-11-16 09:30"),
    )
    assert first["start_time_zone"] == "Eastern Standard Time"
    guest = json.loads(first["attendees"])[0]
    assert (guest["name"], guest["response"]) == ("翔 渡辺", "accepted")
    assert datetime.fromisoformat(guest["responded_at"]) < first["starts_at"]
    assert (private["sensitivity"], private["subject"], private["attendees"]) == (
        "private", None, None,
    )  # fmt: skip
    copies = found.filter(pl.col("ical_uid").is_duplicated())
    assert copies["is_organizer"].sum() * 2 == copies.height > 0


def test_moved_message_is_a_version_and_a_purged_one_a_tombstone(
    lake: Lake, calls: list[str]
) -> None:
    lake.land(GRAPH)
    new = lake.current(GRAPH, MESSAGES).sort("received_at").to_dicts()[-1]
    assert (new["folder_name"], new["is_read"]) == ("Inbox", False)
    lake.sandbox.advance(9 * HOUR)
    calls.clear()
    report = lake.land(GRAPH)
    assert (report.tables["messages"].rows, report.tables["messages"].tombstones) == (1, 0)
    # It came in the other folder: it need not be asked for.
    assert not any(f"/messages/{new['id']}" in each for each in calls)
    moved = lake.current(GRAPH, MESSAGES).filter(id=new["id"]).to_dicts()[0]
    assert (moved["folder_name"], moved["is_read"]) == ("Customers", True)
    lake.sandbox.advance(15 * HOUR)
    report = lake.land(GRAPH)
    assert (report.tables["messages"].rows, report.tables["messages"].tombstones) == (0, 1)
    assert lake.land(GRAPH).load_id is None


def test_message_that_left_a_folder_unseen_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its new folder was read before it came there, and the old one after it left."""
    answer = service.Graph._message_delta

    def without_customers(self: service.Graph, ask: service.Ask, user: str, folder: str) -> Any:
        body = answer(self, ask, user, folder)
        return {**body, "value": []} if folder == records.folder_id(1, "customers") else body

    monkeypatch.setattr(service.Graph, "_message_delta", without_customers)
    with serve(ROWS) as sandbox:
        lake = Lake(tmp_path, sandbox)
        lake.land(GRAPH)
        new = lake.current(GRAPH, MESSAGES).sort("received_at").to_dicts()[-1]
        sandbox.advance(9 * HOUR)
        report = lake.land(GRAPH)
        assert (report.tables["messages"].rows, report.tables["messages"].tombstones) == (1, 0)
        moved = lake.current(GRAPH, MESSAGES).filter(id=new["id"]).to_dicts()[0]
        assert moved["folder_name"] == "Customers"


def test_called_off_meetings_are_deleted_or_show_so(lake: Lake) -> None:
    lake.land(GRAPH)
    lake.sandbox.advance(HOUR)
    report = lake.land(GRAPH)
    # Two copies of two owners are gone, one of a guest is called off, one new meeting has two.
    assert (report.tables["meetings"].rows, report.tables["meetings"].tombstones) == (3, 2)
    cancelled = lake.current(GRAPH, MEETINGS).filter(pl.col("is_cancelled"))
    assert cancelled["is_organizer"].to_list() == [False]
    assert disagreements(lake, *view(NOW)) == []


def test_every_time_of_a_series_is_landed_moved_ones_and_without_deleted_ones(lake: Lake) -> None:
    lake.land(GRAPH)
    series = lake.current(GRAPH, MEETINGS).filter(pl.col("series_master_id").is_not_null())
    assert set(series["subject"]) == {"Pipeline review"}
    assert set(series["type"]) == {"occurrence", "exception"}
    assert disagreements(lake, *view(NOW)) == []
    # Its master changes, and with it one time is gone of which no delta tells.
    store, master = lake.sandbox.world.store, series["series_master_id"].sort()[0]
    of_it = f"from microsoft_graph.events where series_id = '{master}'"
    store.fetch(
        "update microsoft_graph.events set _deleted = true"
        f" where series_id = '{master}' and starts_at = (select max(starts_at) {of_it})"
    )
    lake.sandbox.advance(HOUR)
    touched = f"set _from = '{lake.now():%Y-%m-%d %H:%M:%S}', _to = null"
    newest = f"(select max(_from) from microsoft_graph.events where id = '{master}')"
    store.fetch(
        f"update microsoft_graph.events {touched} where id = '{master}' and _from = {newest}"
    )
    lake.land(GRAPH)
    left = lake.current(GRAPH, MEETINGS).filter(series_master_id=master)
    assert left.height == series.filter(series_master_id=master).height - 1


def test_series_that_is_removed_takes_all_its_times_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = service.Graph._event_delta
    removed: list[str] = []

    def with_removed(self: service.Graph, ask: service.Ask, user: str) -> Any:
        body = answer(self, ask, user)
        told = [{"id": each, "@removed": {"reason": "deleted"}} for each in removed]
        return {**body, "value": [*body["value"], *told]}

    monkeypatch.setattr(service.Graph, "_event_delta", with_removed)
    with serve(ROWS) as sandbox:
        lake = Lake(tmp_path, sandbox)
        lake.land(GRAPH)
        before = lake.current(GRAPH, MEETINGS)
        master = before["series_master_id"].drop_nulls().sort()[0]
        removed.append(master)
        sandbox.world.store.fetch(
            f"delete from microsoft_graph.events where id = '{master}' or series_id = '{master}'"
        )
        lake.land(GRAPH)
        assert_frame_equal(
            lake.current(GRAPH, MEETINGS),
            before.filter(pl.col("series_master_id").ne_missing(master)),
        )


def test_link_that_is_over_means_the_mailbox_anew_and_tombstones(
    lake: Lake, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lake.land(GRAPH)
    monkeypatch.setattr(states, "REMEMBERED", timedelta(hours=1))
    lake.sandbox.advance(2 * DAY)
    calls.clear()
    report = lake.land(GRAPH)
    assert sum("$deltatoken" in each and "calendarView" in each for each in calls) == 3
    assert sum("calendarView/delta?startDateTime" in each for each in calls) == 3
    assert report.tables["messages"].tombstones == 1
    assert report.tables["meetings"].tombstones == 2
    # The unchanged ones are not landed again.
    assert report.tables["messages"].rows < first.tables["messages"].rows / 2
    assert disagreements(lake, *view(NOW)) == []
    assert lake.land(GRAPH).load_id is None


def test_view_whose_end_comes_near_is_opened_anew(
    lake: Lake, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meetings, "VIEW_AFTER", timedelta(days=2))
    monkeypatch.setattr(meetings, "VIEW_LEFT", timedelta(days=1, hours=23, minutes=30))
    lake.land(GRAPH)
    assert disagreements(lake, *view(NOW)) == []
    lake.sandbox.advance(HOUR)
    calls.clear()
    lake.land(GRAPH)
    views = [each for each in calls if "calendarView" in each]
    # For each of three people the new view, then the old link.
    assert ["startDateTime" in each for each in views] == ["$deltatoken" not in e for e in views]
    assert len(views) == 6
    since, until = NOW - meetings.VIEW_BEFORE, lake.now() + timedelta(days=2)
    assert disagreements(lake, since, until) == []
    assert lake.land(GRAPH).load_id is None


def test_nothing_new_costs_a_call_for_many_mailboxes(lake: Lake, calls: list[str]) -> None:
    lake.land(GRAPH)
    calls.clear()
    assert lake.land(GRAPH).load_id is None
    outside = [each for each in calls if not each.startswith("in batch")]
    # Login, people, folders, those below them, deltas of folders and of calendars.
    assert len(outside) == 6
    assert sum("messages/delta" in each for each in calls) == 3 * 4
    assert not any("/messages/AAk" in each or "instances" in each for each in calls)


def test_small_pages_and_batches_bring_the_same(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.land(GRAPH)
    monkeypatch.setattr(graph, "PREFER", graph.PREFER.replace("maxpagesize=500", "maxpagesize=2"))
    monkeypatch.setattr(graph, "REQUESTS_A_BATCH", 3)
    monkeypatch.setattr(graph, "REQUESTS_OF_A_MAILBOX", 1)
    other = Lake(lake.root / "paged", lake.sandbox)
    other.land(GRAPH)
    lake.sandbox.advance(DAY)
    lake.land(GRAPH)
    other.land(GRAPH)
    for entity in ENTITIES:
        assert_frame_equal(lake.current(GRAPH, entity), other.current(GRAPH, entity))


def test_too_many_at_once_are_asked_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_OF_A_MAILBOX", 2)
    with pytest.raises(LandingError, match=r"in a batch: 429.*6 times"):
        lake.land(GRAPH)


def test_mailboxes_that_are_not_ours_are_left_alone_unless_all_are(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = service.Graph._mailbox

    def only_the_manager(self: service.Graph, user: str) -> int:
        if number(self, user) in forbidden:
            raise refused(403, "ErrorAccessDenied", "Access is denied. Check credentials.")
        return number(self, user)

    monkeypatch.setattr(service.Graph, "_mailbox", only_the_manager)
    forbidden = {1, 3}
    lake.land(GRAPH)
    assert set(lake.current(GRAPH, MESSAGES)["mailbox_email"]) == {"User2@acme.example"}
    assert set(lake.current(GRAPH, MEETINGS)["mailbox_email"]) == {"User2@acme.example"}
    forbidden = set()
    lake.land(GRAPH)
    assert disagreements(lake, *view(NOW)) == []
    kept = lake.current(GRAPH, MESSAGES)
    forbidden = {1, 2, 3}
    with pytest.raises(LandingError, match="of none of 3 people may be read; grant"):
        lake.land(GRAPH)
    assert_frame_equal(lake.current(GRAPH, MESSAGES), kept)


def test_drafts_and_junk_are_left_out_and_a_lost_folder_takes_its_messages(lake: Lake) -> None:
    store = lake.sandbox.world.store
    store.current("microsoft_graph.messages")  # makes the table
    move = "update microsoft_graph.messages set folder = '{}' where mail_n = {}"
    store.fetch(move.format("drafts", 2))
    store.fetch(move.format("customers", 6))
    lake.land(GRAPH)
    before = lake.current(GRAPH, MESSAGES)
    assert before.filter(folder_name="Customers").height == 1
    assert "Drafts" not in before["folder_name"].to_list()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "CHILDREN", {})
        patch.delitem(records.FOLDERS, "customers")
        assert lake.land(GRAPH).tables["messages"].tombstones == 1
    assert lake.rows(GRAPH, "messages").filter(pl.col(DELETED)).height == 1


def test_odd_values_are_set_aside_or_left_empty() -> None:
    row = message_row({"id": "1", "from": None, "toRecipients": [{}]}, {"a@x.example"})
    assert (row["from_address"], row["to_addresses"], row["is_sent"]) == (None, None, False)
    berlin = {"dateTime": "2026-03-29T03:30:00.0000000", "timeZone": "Europe/Berlin"}
    assert meeting_row({"start": berlin})["starts_at"] == at("2026-03-29 01:30")
    windows = {"dateTime": "2026-03-29T03:30:00.0000000", "timeZone": "W. Europe Standard Time"}
    assert meeting_row({"start": windows})["starts_at"].endswith("W. Europe Standard Time")
