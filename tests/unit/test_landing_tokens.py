"""Feeds whose vendor hands out a token: where the next run goes on, and what a lost token does."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from ingestion.entity import DELETED, LOADED_AT, VERSION_AT, Entity, Page, columns
from ingestion.feed import AnyFeed, Bookmark, TokenFeed
from ingestion.landing import LandingError, LandingReport, land_feeds
from tests.integration.landed import START

MAILS = Entity("mails", ("id",), columns(text="id mailbox name"), "Mails.")


def mail(mail_id: str, name: str = "", mailbox: str = "ada", hours: int = 0) -> dict[str, Any]:
    at = START + timedelta(hours=hours)
    return {"id": mail_id, "name": name, "mailbox": mailbox, VERSION_AT: at}


class Inbox:
    """A lake fed by scripted reads; `asked` are the tokens they were asked to go on from."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str | None] = []
        self.hours = 1

    def land(
        self,
        *rows: dict[str, Any],
        token: str = "next",
        refused: dict[str, str] | None = None,
        code: str = "old",
    ) -> LandingReport:
        """`refused` are the values with which the vendor refuses the token: {} is all of it."""

        def read(bookmark: Bookmark) -> Iterator[Page]:
            self.asked.append(bookmark.token)
            if refused is not None:
                bookmark.restart(**refused)
            yield list(rows)
            bookmark.token = token

        return self.feed(TokenFeed(MAILS, read), code)

    def feed(self, feed: AnyFeed, code: str = "old") -> LandingReport:
        self.hours += 1
        return land_feeds(
            "acme",
            lambda: [feed],
            lake_url=str(self.root / "lake"),
            state_dir=self.root / "state",
            clock=lambda: START + timedelta(hours=self.hours),
            code=code,
        )

    def alive(self) -> dict[str, str | None]:
        """Name by id of the records whose latest version is not deleted."""
        table = DeltaTable(str(self.root / "lake" / "raw" / "acme" / "mails")).to_pyarrow_table()
        rows = sorted(table.to_pylist(), key=lambda row: (row[VERSION_AT], row[LOADED_AT]))
        latest = {row["id"]: row for row in rows}
        return {key: row["name"] for key, row in latest.items() if not row[DELETED]}


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


def test_next_run_goes_on_from_the_token(inbox: Inbox) -> None:
    inbox.land(mail("1", "a"), mail("2", "b"), token="t1")
    gone = {"id": "2", DELETED: True, VERSION_AT: START + timedelta(hours=2)}
    report = inbox.land(mail("1", "changed", hours=2), gone, token="t2")
    assert (report.tables["mails"].rows, report.tables["mails"].tombstones) == (1, 1)
    inbox.land(token="t3")
    assert inbox.asked == [None, "t1", "t2"]
    assert inbox.alive() == {"1": "changed"}


def test_token_of_a_run_that_breaks_off_is_not_kept(inbox: Inbox) -> None:
    inbox.land(mail("1"), token="t1")

    def broken(bookmark: Bookmark) -> Iterable[Page]:
        bookmark.token = "t2"
        yield [mail("2")]
        raise LandingError("the vendor went away")

    with pytest.raises(LandingError):
        inbox.feed(TokenFeed(MAILS, broken))
    inbox.land(mail("2", "b"), token="t2")
    assert inbox.asked == [None, "t1"]
    assert set(inbox.alive()) == {"1", "2"}


def test_records_that_were_set_aside_are_read_once_more(inbox: Inbox) -> None:
    inbox.land(mail("1"), token="t1")
    broken = {**mail("2", hours=2), VERSION_AT: "half an answer"}
    assert inbox.land(broken, mail("3", hours=2), token="t2").tables["mails"].rejects == 1
    report = inbox.land(mail("2", hours=2), mail("3", hours=2), token="t3")
    assert (report.tables["mails"].rows, report.tables["mails"].rejects) == (1, 0)
    inbox.land(token="t4")
    assert inbox.asked == [None, "t1", "t1", "t3"]
    assert set(inbox.alive()) == {"1", "2", "3"}


def test_mended_code_forgets_the_token_once_where_records_were_set_aside(inbox: Inbox) -> None:
    bad = {**mail("2"), VERSION_AT: "18.11.2026"}
    inbox.land(mail("1"), bad, token="t1")
    inbox.land(token="t2")
    inbox.land(mail("1"), bad, token="t3", code="mended")
    inbox.land(token="t4", code="mended")
    inbox.land(mail("1"), mail("2"), token="t5", code="mended again")
    inbox.land(token="t6", code="newer")
    assert inbox.asked == [None, "t1", None, "t3", None, "t5"]
    assert set(inbox.alive()) == {"1", "2"}


def test_token_that_is_over_means_all_anew_and_deletes_what_vanished(inbox: Inbox) -> None:
    inbox.land(mail("1", "a"), mail("2", "b"), token="t1")
    report = inbox.land(mail("1", "a"), mail("3", "c"), token="t9", refused={})
    assert (report.tables["mails"].rows, report.tables["mails"].tombstones) == (1, 1)
    assert inbox.alive() == {"1": "a", "3": "c"}
    assert inbox.land(token="t10").load_id is None
    assert inbox.asked[-1] == "t9"


def test_lost_state_reads_all_and_deletes_what_vanished(inbox: Inbox) -> None:
    inbox.land(mail("1"), mail("2"), token="t1")
    inbox.land(mail("1"), token="t2", refused={})
    other = Inbox(inbox.root)
    (inbox.root / "state").rename(inbox.root / "old")
    for file in (inbox.root / "lake" / "raw" / "acme" / "_dlt_pipeline_state").glob("*.jsonl"):
        file.unlink()
    other.land(mail("3"), token="t3")
    assert other.asked == [None]
    assert set(other.alive()) == {"3"}


def test_only_the_part_that_is_read_anew_loses_records(inbox: Inbox) -> None:
    inbox.land(mail("1"), mail("2"), mail("3", mailbox="bob"), token="t1")
    report = inbox.land(mail("1"), token="t2", refused={"mailbox": "ada"})
    assert report.tables["mails"].tombstones == 1
    assert set(inbox.alive()) == {"1", "3"}


def test_record_that_comes_back_unchanged_is_alive_again(inbox: Inbox) -> None:
    inbox.land(mail("1", "a"))
    inbox.land({"id": "1", DELETED: True, VERSION_AT: START + timedelta(hours=2)})
    assert inbox.alive() == {}
    twice = [mail("1", "a"), mail("1", "a")]
    assert inbox.land(*twice).tables["mails"].rows == 1
    assert inbox.alive() == {"1": "a"}
    assert inbox.land(mail("1", "a")).load_id is None
