"""A little source of its own for tests of the landing, and a program that can be killed in it.

Run as a program: `python -m tests.integration.landed LAKE STATE ROWS MOMENT` lands ROWS records and
is killed (SIGKILL, nothing is cleaned up) at MOMENT: extract, before_commit, after_commit or never.
"""

import os
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dlt.destinations.impl.filesystem import filesystem as dlt_filesystem

from ingestion.entity import VERSION_AT, Entity, Page, columns
from ingestion.feed import AnyFeed, Bookmark, Feed, TokenFeed
from ingestion.landing import LandingReport, land_feeds

START = datetime(2026, 11, 1, tzinfo=UTC)
DEALS = Entity(
    "deals", ("id",), columns(text="id name", number="amount", instant="at"), "Deals.", "at"
)
CALLS = Entity("calls", ("id",), columns(text="id", count="seconds", instant="at"), "Calls.", "at")
VISITS = Entity("visits", ("id",), columns(text="id", instant="at"), "Visits.")


def records(count: int) -> list[dict[str, Any]]:
    """Records 0 … count-1, a second apart."""
    return [
        {
            "id": str(number),
            "name": f"deal {number}",
            "amount": number * 1.5,
            "seconds": number,
            "at": (START + timedelta(seconds=number)).isoformat(),
            VERSION_AT: (START + timedelta(seconds=number)).isoformat(),
        }
        for number in range(count)
    ]


def feeds(rows: list[dict[str, Any]], *, killed: bool = False) -> list[AnyFeed]:
    """Three feeds over the same records; `killed` ends the process while the second is read.

    The third's token counts the records handed out: none of them comes again.
    """

    def read(since: datetime | None) -> Iterator[Page]:
        for start in range(0, len(rows), 500):
            yield [
                row
                for row in rows[start : start + 500]
                if since is None or datetime.fromisoformat(row[VERSION_AT]) >= since
            ]

    def read_until_killed(since: datetime | None) -> Iterator[Page]:
        for number, page in enumerate(read(since)):
            if killed and number == 1:
                kill_me()
            yield page

    def read_on(bookmark: Bookmark) -> Iterator[Page]:
        yield rows[int(bookmark.token or 0) :]
        bookmark.token = str(len(rows))

    return [Feed(DEALS, read), Feed(CALLS, read_until_killed), TokenFeed(VISITS, read_on)]


def land_records(
    lake: Path, state: Path, rows: list[dict[str, Any]], *, killed: bool = False
) -> LandingReport:
    return land_feeds(
        "acme",
        lambda: feeds(rows, killed=killed),
        lake_url=str(lake),
        state_dir=state,
        clock=lambda: START + timedelta(days=1),
    )


def kill_me() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(lake: str, state: str, count: str, moment: str) -> None:
    job = dlt_filesystem.DeltaLoadFilesystemJob
    commit = job.run

    def run(self: Any) -> None:
        if moment == "before_commit":
            kill_me()
        commit(self)
        kill_me()

    if moment in ("before_commit", "after_commit"):
        job.run = run  # type: ignore[method-assign]  # the kill stands in for the job's end
    land_records(Path(lake), Path(state), records(int(count)), killed=moment == "extract")


if __name__ == "__main__":
    main(*sys.argv[1:])
