"""Gmail: histories and what ends them, headers alone, one call a changed message, agreement."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests
from polars.testing import assert_frame_equal

from ingestion.entity import DELETED, VERSION_AT
from ingestion.http import VendorClient
from ingestion.landing import LandingError
from ingestion.sandbox.vendors.gmail import access, directory
from ingestion.sources import gmail as source
from ingestion.sources.gmail import mailbox
from ingestion.sources.gmail.headers import row_of
from ingestion.sources.gmail.settings import ENTITIES, LOOK_BACK, MAILBOXES, MESSAGES
from tests.contracts.company_sandbox import Lake, company_sandbox, faulty, totals
from tests.contracts.sandbox_server import NOW, at, serve
from tests.contracts.test_sandbox_gmail import BRAZIL, LEFT, MANAGER, REP, ROWS

GMAIL = "gmail"
HOUR = 3600
DAY = 24 * HOUR
KINDS = ("rate_limit", "server_error", "truncated_page", "duplicate_record", "token_expiry")
SPOILED = ("late_row", "null_key")


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(ROWS) as sandbox:
        yield Lake(tmp_path, sandbox)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths asked for, by order."""
    asked: list[str] = []
    ask = VendorClient._call

    def counted(self: VendorClient, method: str, path: str, **more: Any) -> Any:
        asked.append(path)
        return ask(self, method, path, **more)

    monkeypatch.setattr(VendorClient, "_call", counted)
    return asked


def disagreements(lake: Lake, since: datetime) -> list[str]:
    """Entities that differ from the sandbox's by their count, their keys or a sum."""
    store = lake.sandbox.world.store
    users = store.fetch(f"select * from {store.current('gmail.users')}")
    messages = store.fetch(
        f"select *, mailbox_n || '/' || id || '/' || labels::json as state"
        f" from {store.current('gmail.messages')}"
        f" where not _deleted and received_at >= '{since:%Y-%m-%d %H:%M:%S}'"
    )
    numbers = users.select(pl.col("id").alias("mailbox_id"), pl.col("user_n").cast(pl.String))
    landed = lake.current(GMAIL, MESSAGES).join(numbers, on="mailbox_id")
    sorted_labels = [json.dumps(sorted(json.loads(each))) for each in landed["label_ids"]]
    landed = landed.with_columns(labels=pl.Series(sorted_labels, dtype=pl.String)).with_columns(
        state=pl.concat_str("user_n", "id", "labels", separator="/")
    )
    theirs = [
        f"{row['mailbox_n']}/{row['id']}/{json.dumps(sorted(row['labels']))}"
        for row in messages.to_dicts()
    ]
    messages = messages.with_columns(state=pl.Series(theirs, dtype=pl.String))
    pairs = {
        "messages": (
            totals(landed, "state", "size_bytes"),
            totals(messages, "state", "size_bytes"),
        ),
        "mailboxes": (totals(lake.current(GMAIL, MAILBOXES), "id"), totals(users, "id")),
    }
    return [name for name, (mine, theirs) in pairs.items() if mine != theirs]


def test_lake_agrees_with_the_vendor_after_bad_days(tmp_path: Path) -> None:
    with company_sandbox(tmp_path / "company") as sandbox:
        lake = Lake(tmp_path / "lake", sandbox)
        since = lake.now() - LOOK_BACK
        lake.land(GMAIL)
        assert lake.current(GMAIL, MESSAGES).height > 150
        assert disagreements(lake, since) == []
        for hours, kinds in ((24, KINDS + SPOILED), (30, KINDS + SPOILED), (24, KINDS)):
            sandbox.advance(hours * HOUR)
            for position, kind in enumerate(kinds):
                match = "directory" if kind == "null_key" else ""
                sandbox.fault(GMAIL, kind, times=1, skip=position // 4, match=match)
            lake.land(GMAIL)
            fired = sandbox.admin.get("/_sandbox/faults").json()["fired"]
            assert set(fired) == {f"{GMAIL}.{kind}" for kind in kinds}
            sandbox.clear_faults()
        assert lake.land(GMAIL).tables["messages"].tombstones == 0
        assert disagreements(lake, since) == []


def test_headers_of_each_copy_are_landed_and_no_text(lake: Lake) -> None:
    lake.land(GMAIL)
    people = lake.current(GMAIL, MAILBOXES)
    assert people["email"].sort().to_list() == [REP, MANAGER, BRAZIL]
    rows = lake.current(GMAIL, MESSAGES).sort("received_at").to_dicts()
    # The one of a year ago is left out, and so is that of APAC.
    assert len(rows) == 6
    copies = [row for row in rows if row["cc_addresses"]]
    assert [row["mailbox_email"] for row in copies if not row["is_sent"]] == [MANAGER]
    assert len({row["message_id"] for row in copies}) == 1
    assert len({row["mailbox_id"] for row in copies}) == 2
    reply = next(row for row in rows if row["subject"] == "Re: お見積りの件")
    first = next(row for row in rows if row["message_id"] == reply["in_reply_to"])
    assert (first["thread_id"], first["mailbox_id"]) == (reply["thread_id"], reply["mailbox_id"])
    assert (reply["from_name"], reply["from_address"]) == ("翔 渡辺", "contact1@acme.example")
    assert json.loads(reply["to_addresses"]) == ["User1@acme.example"]
    assert json.loads(reply["label_ids"]) == ["IMPORTANT", "INBOX"]
    assert (first["is_sent"], reply["is_sent"]) == (True, False)
    assert reply["sent_at"] == at("2026-11-11 09:00")
    assert reply["received_at"] > reply["sent_at"]
    assert "confides" not in str(lake.rows(GMAIL, "messages").to_dicts())


def test_nothing_new_costs_a_call_a_mailbox_and_a_change_one_more(
    lake: Lake, calls: list[str]
) -> None:
    lake.land(GMAIL)
    calls.clear()
    assert lake.land(GMAIL).load_id is None
    # One login and the list of people twice; a login and a history for each of three.
    assert len(calls) == 3 + 2 * 3
    lake.sandbox.advance(HOUR)
    calls.clear()
    report = lake.land(GMAIL)
    assert report.tables["messages"].rows == 1
    assert sum("/messages/" in path for path in calls) == 1


def test_message_that_was_read_is_a_version_and_a_purged_one_a_tombstone(lake: Lake) -> None:
    lake.land(GMAIL)
    lake.sandbox.advance(12 * HOUR)
    lake.land(GMAIL)
    new = lake.current(GMAIL, MESSAGES).sort("received_at").to_dicts()[-1]
    assert json.loads(new["label_ids"]) == ["IMPORTANT", "INBOX"]
    lake.sandbox.advance(12 * HOUR)
    report = lake.land(GMAIL)
    assert (report.tables["messages"].rows, report.tables["messages"].tombstones) == (0, 1)
    gone = lake.rows(GMAIL, "messages").filter(pl.col(DELETED)).to_dicts()[0]
    assert (gone["subject"], gone[VERSION_AT]) == (None, lake.now())
    assert lake.land(GMAIL).load_id is None


def test_history_that_is_over_means_the_mailbox_anew_and_tombstones(
    lake: Lake, calls: list[str]
) -> None:
    first = lake.land(GMAIL)
    lake.sandbox.advance(9 * DAY)
    calls.clear()
    report = lake.land(GMAIL)
    assert sum(path.endswith("/profile") for path in calls) == 2
    # The purged one is gone; the one of ten minutes later has come. Brazil's person has left.
    assert report.tables["messages"].tombstones == 1
    assert report.tables["messages"].rows == first.tables["messages"].rows - 1
    assert disagreements(lake, NOW - LOOK_BACK) == []
    assert lake.land(GMAIL).load_id is None


def test_mailbox_of_one_who_left_stays_and_is_not_asked(
    lake: Lake, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.land(GMAIL)
    calls.clear()
    kept = lake.current(GMAIL, MESSAGES).filter(mailbox_email=BRAZIL)
    assert kept.height == 1
    lake.sandbox.advance((LEFT - NOW).total_seconds() + 1)
    report = lake.land(GMAIL)
    assert report.tables["mailboxes"].rows == 1
    assert sum(path.endswith("/history") for path in calls) == 2
    # A list of people may be older than what the login knows.
    shown = directory._user
    monkeypatch.setattr(directory, "_user", lambda row: {**shown(row), "suspended": False})
    lake.land(GMAIL)
    assert_frame_equal(lake.current(GMAIL, MESSAGES).filter(mailbox_email=BRAZIL), kept)


def test_drafts_and_spam_are_left_out(lake: Lake) -> None:
    store = lake.sandbox.world.store
    store.current("gmail.messages")  # makes the table
    relabel = "update gmail.messages set labels = ['{}'] where mail_n = {}"
    store.fetch(relabel.format("DRAFT", 2))
    lake.land(GMAIL)
    assert lake.current(GMAIL, MESSAGES).height == 5
    store.fetch(relabel.format("SPAM", 18))
    lake.sandbox.advance(9 * HOUR)
    lake.land(GMAIL)
    assert lake.current(GMAIL, MESSAGES).height == 5


def test_small_pages_bring_the_same(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.land(GMAIL)
    monkeypatch.setattr(mailbox, "PAGE_ROWS", 1)
    monkeypatch.setattr(source, "PAGE_ROWS", 1)
    other = Lake(lake.root / "paged", lake.sandbox)
    other.land(GMAIL)
    lake.sandbox.advance(2 * DAY)
    lake.land(GMAIL)
    other.land(GMAIL)
    for entity in ENTITIES:
        assert_frame_equal(lake.current(GMAIL, entity), other.current(GMAIL, entity))


def test_first_reading_ends_where_messages_are_too_old(
    lake: Lake, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "LOOK_BACK", timedelta(days=7))
    monkeypatch.setattr(mailbox, "OLDER_IN_A_ROW", 1)
    lake.land(GMAIL)
    assert lake.current(GMAIL, MESSAGES)["received_at"].min() > NOW - timedelta(days=7)
    # Four of eight copies are young enough; each mailbox but the manager's meets one that is not.
    assert sum("/messages/" in path for path in calls) == 4


def test_missing_grant_names_the_vendor_and_what_it_said(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "GRANTED", frozenset({access.DIRECTORY}))
    with pytest.raises(
        LandingError, match=r"gmail: POST .*/token answered 401.*unauthorized_client"
    ):
        lake.land(GMAIL)
    with pytest.raises(LandingError, match="no RSA key in PEM; check the credentials"):
        lake.land(GMAIL, private_key="swordfish")


def test_late_change_is_read_when_it_is_there(lake: Lake) -> None:
    lake.land(GMAIL)
    lake.sandbox.advance(HOUR)
    report = faulty(lake, GMAIL, "late_row", match="history", times=99)
    assert report.tables["messages"].rows in (0, 1)
    lake.land(GMAIL)
    assert disagreements(lake, NOW - LOOK_BACK) == []


def refused(reason: str, message: str = "") -> requests.Response:
    answer = requests.Response()
    answer.status_code = 403
    errors = [{"reason": reason, "message": message}]
    answer._content = json.dumps({"error": {"errors": errors, "message": message}}).encode()
    return answer


def test_limits_are_told_by_reason_and_in_words() -> None:
    until = datetime.now(UTC) + timedelta(minutes=5)
    words = f"User-rate limit exceeded.  Retry after {until:%Y-%m-%dT%H:%M:%S}.000Z"
    verdict = source.judge(refused("userRateLimitExceeded", words))
    assert verdict.transient
    assert 295 < (verdict.wait_seconds or 0) <= 300
    assert source.judge(refused("rateLimitExceeded")).wait_seconds is None
    assert source.judge(refused("rateLimitExceeded")).transient
    assert not source.judge(refused("forbidden")).transient
    assert source.judge(refused("dailyLimitExceeded")).day_is_over


def test_headers_are_read_as_they_come() -> None:
    headers = {
        "FROM": "=?UTF-8?B?5rih6L66?= <Sho@Acme.example>",
        "to": 'Ada, "Lee, Bob" <bob@x.example>, team: c@x.example, d@x.example;',
        "Subject": "=?unknown-script?Q?=41?=",
        "Date": "not a date",
    }
    listed = [{"name": name, "value": value} for name, value in headers.items()]
    row = row_of({"id": "1", "payload": {"headers": [*listed, listed[0]]}, "labelIds": ["SENT"]})
    assert (row["from_name"], row["from_address"]) == ("渡辺", "Sho@Acme.example")
    assert "bob@x.example" in json.loads(row["to_addresses"])
    assert row["subject"] == "=?unknown-script?Q?=41?="
    assert (row["sent_at"], row["is_sent"]) == (None, True)
    assert row_of({"id": "2"})["from_address"] is None
