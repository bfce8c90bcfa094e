"""Calls a day against a real server: counted across runs, kept to, and gone on from."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingestion.auth import BearerToken
from ingestion.budget import DailyBudget, DayMeter, day_state
from ingestion.entity import VERSION_AT, Entity, Page, columns
from ingestion.feed import Feed
from ingestion.http import (
    Allowance,
    BudgetUsedUpError,
    DayLeft,
    Patience,
    Rate,
    RefusedError,
    VendorClient,
    Verdict,
)
from ingestion.landing import (
    BUDGET_FOLDER,
    LandingReport,
    land_feeds,
    last_landing,
    metered,
)
from tests.unit.scripted_server import Asked, Reply, ScriptedServer, scripted_server

SOURCE = "acme"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
DEALS = Entity("deals", ("id",), columns(text="id", instant="updated_at"), "Deals.", "updated_at")
OWNERS = Entity("owners", ("id",), columns(text="id"), "Owners.", memory="latest")
ROWS_A_PAGE = 2


class Vendor:
    """Ten deals, a day between two changes, two a page, oldest first; and two owners."""

    def __init__(self, server: ScriptedServer) -> None:
        server.otherwise = self.answer
        self.server = server
        self.headers: dict[str, str] = {}
        self.owners_asked = threading.Event()

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/owners":
            self.owners_asked.set()
            return Reply(200, {"data": [{"id": "o1"}, {"id": "o2"}]}, self.headers)
        deals = [
            {"id": f"d{n}", "updated_at": (BEGIN + timedelta(days=n)).isoformat()}
            for n in range(10)
        ]
        wanted = [deal for deal in deals if deal["updated_at"] >= asked.query.get("since", "")]
        start = int(asked.query.get("start", 0))
        page = wanted[start : start + ROWS_A_PAGE]
        more = start + ROWS_A_PAGE < len(wanted)
        return Reply(200, {"data": page, "more": more}, self.headers)

    def asked(self, path: str) -> int:
        return sum(each.path == path for each in self.server.asked)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with scripted_server() as server:
        yield Vendor(server)


def left_of_day(response: Any) -> Allowance | None:
    left, limit = response.headers.get("x-left"), response.headers.get("x-limit")
    return Allowance(day=DayLeft(int(left), int(limit) if limit else None)) if left else None


def client_of(vendor: Vendor, patience: Patience, **more: Any) -> VendorClient:
    return VendorClient(
        name=SOURCE,
        base_url=vendor.server.url,
        auth=BearerToken("secret-token"),
        rate=Rate(10_000, 1),
        patience=patience,
        allowance=left_of_day,
        **more,
    )


def feeds(vendor: Vendor, patience: Patience, *, oldest_first: bool) -> Iterator[Feed]:
    """Owners and deals; in the first run owners get their call before deals use up the rest."""
    client = client_of(vendor, patience)

    def deals(since: datetime | None) -> Iterator[Page]:
        vendor.owners_asked.wait(10)
        asked: dict[str, Any] = {"since": since.isoformat()} if since else {}
        start = 0
        while True:
            answer = client.get_json("/deals", {**asked, "start": start})
            yield [{**deal, VERSION_AT: deal["updated_at"]} for deal in answer["data"]]
            if not answer["more"]:
                return
            start += ROWS_A_PAGE

    def owners(since: datetime | None) -> Iterator[Page]:
        yield [{**owner, VERSION_AT: NOON} for owner in client.get_json("/owners")["data"]]

    yield Feed(OWNERS, owners, complete=True)
    yield Feed(DEALS, deals, oldest_first=oldest_first)


def run(
    vendor: Vendor,
    root: Path,
    now: datetime,
    budget: DailyBudget,
    *,
    oldest_first: bool = True,
) -> LandingReport:
    patience = metered(SOURCE, Patience(), budget, root / "state", now)
    return land_feeds(
        SOURCE,
        lambda: feeds(vendor, patience, oldest_first=oldest_first),
        lake_url=str(root / "lake"),
        state_dir=root / "state",
        clock=lambda: now,
    )


def ids(root: Path, entity: str) -> list[str]:
    return sorted(pl.read_delta(str(root / "lake" / "raw" / SOURCE / entity))["id"])


def state_at(root: Path, now: datetime, budget: DailyBudget) -> Any:
    return day_state(root / "state" / BUDGET_FOLDER, SOURCE, budget, now)


def test_a_used_up_budget_ends_the_run_cleanly_and_the_next_day_goes_on(
    vendor: Vendor, tmp_path: Path
) -> None:
    budget = DailyBudget(calls=4)
    first = run(vendor, tmp_path, NOON, budget)
    assert first.used_up_until == datetime(2026, 11, 23, tzinfo=UTC)
    assert first.used_up is not None
    assert "acme: budget used up until 2026-11-23 00:00 UTC" in first.used_up
    assert len(vendor.server.asked) == 4
    assert ids(tmp_path, "owners") == ["o1", "o2"] and first.unfinished == {"deals"}
    assert ids(tmp_path, "deals") == [f"d{n}" for n in range(6)]
    again = run(vendor, tmp_path, NOON + timedelta(hours=1), budget)
    assert again.used_up is not None and again.unfinished == {"owners", "deals"}
    assert len(vendor.server.asked) == 4, "no call once the day is used up"
    second = run(vendor, tmp_path, NOON + timedelta(days=1), budget)
    assert second.used_up is None and not second.unfinished
    assert ids(tmp_path, "deals") == [f"d{n}" for n in range(10)]
    assert len(vendor.server.asked) == 8, "of ten deals, none but the last is read again"


def test_a_read_in_no_order_begins_anew_and_lands_nothing_twice(
    vendor: Vendor, tmp_path: Path
) -> None:
    run(vendor, tmp_path, NOON, DailyBudget(calls=4), oldest_first=False)
    whole = run(vendor, tmp_path, NOON, DailyBudget(calls=40), oldest_first=False)
    assert whole.used_up is None
    assert ids(tmp_path, "deals") == [f"d{n}" for n in range(10)]
    assert vendor.asked("/deals") >= 3 + 5


def test_what_was_behind_comes_first_the_next_day(vendor: Vendor, tmp_path: Path) -> None:
    run(vendor, tmp_path, NOON, DailyBudget(calls=4))
    assert last_landing(tmp_path / "state", SOURCE).unfinished == {"deals"}
    assert last_landing(tmp_path / "state", SOURCE).complete_at is None
    whole = run(vendor, tmp_path, NOON, DailyBudget(calls=40))
    assert last_landing(tmp_path / "state", SOURCE).complete_at == whole.started_at
    assert list(whole.tables) == ["deals", "owners"]


def test_the_vendors_own_figure_leaves_room_for_other_tools(vendor: Vendor, tmp_path: Path) -> None:
    """Ten in a hundred stay with the company's other tools, whoever used up the rest."""
    vendor.headers = {"x-left": "11", "x-limit": "100"}
    budget = DailyBudget()
    assert run(vendor, tmp_path, NOON, budget).used_up is None
    vendor.headers = {"x-left": "10", "x-limit": "100"}
    run(vendor, tmp_path, NOON + timedelta(minutes=1), budget)
    calls = len(vendor.server.asked)
    stopped = run(vendor, tmp_path, NOON + timedelta(minutes=2), budget)
    assert "the vendor has 10 of 100 left of its day" in (stopped.used_up or "")
    assert len(vendor.server.asked) == calls
    state = state_at(tmp_path, NOON + timedelta(minutes=2), budget)
    assert state.left == DayLeft(10, 100)
    assert state.used_up_until == datetime(2026, 11, 23, tzinfo=UTC)


def test_a_vendor_that_tells_no_limit_is_held_to_what_it_once_had_left(
    vendor: Vendor, tmp_path: Path
) -> None:
    client = client_of(vendor, metered(SOURCE, Patience(), DailyBudget(), tmp_path, NOON))
    for left in ("1000", "101", "100"):
        vendor.headers = {"x-left": left}
        client.get_json("/owners")
    with pytest.raises(BudgetUsedUpError, match="100 of 1000 left"):
        client.get_json("/owners")


def test_a_rolling_day_is_looked_at_again_after_an_hour(vendor: Vendor, tmp_path: Path) -> None:
    vendor.headers = {"x-left": "0", "x-limit": "100"}
    budget = DailyBudget(is_rolling=True)
    assert run(vendor, tmp_path, NOON, budget).used_up_until is not None
    calls = len(vendor.server.asked)
    run(vendor, tmp_path, NOON + timedelta(minutes=50), budget)
    assert len(vendor.server.asked) == calls
    vendor.headers = {"x-left": "90", "x-limit": "100"}
    assert run(vendor, tmp_path, NOON + timedelta(minutes=70), budget).used_up is None


@pytest.mark.parametrize(
    ("zone", "until"), [("UTC", "2026-11-23T00"), ("America/Chicago", "2026-11-22T06")]
)
def test_a_day_ends_where_the_vendor_ends_it(
    vendor: Vendor, tmp_path: Path, zone: str, until: str
) -> None:
    early = datetime(2026, 11, 22, 3, tzinfo=UTC)
    budget = DailyBudget(calls=1, zone=zone)
    reset = run(vendor, tmp_path, early, budget).used_up_until
    assert reset is not None and reset.isoformat().startswith(until)
    assert state_at(tmp_path, reset - timedelta(seconds=1), budget).calls == 1
    assert state_at(tmp_path, reset, budget).calls == 0


def test_calls_turned_away_by_the_vendor_stop_all_clients_of_the_source(
    vendor: Vendor, tmp_path: Path
) -> None:
    patience = metered(SOURCE, Patience(), DailyBudget(), tmp_path, NOON)
    over = client_of(vendor, patience, judge=lambda response: Verdict(day_is_over=True))
    vendor.server.replies.append(Reply(429, {"policy": "DAILY"}))
    with pytest.raises(BudgetUsedUpError, match="GET /owners answered 429"):
        over.get_json("/owners")
    with pytest.raises(BudgetUsedUpError):
        client_of(vendor, patience).get_json("/deals")
    assert len(vendor.server.asked) == 1


def test_every_call_counts_once_whoever_makes_it(tmp_path: Path) -> None:
    """Threads and processes (a meter each) share the count; it lies on the disk at once."""
    meters = [DayMeter(SOURCE, DailyBudget(), tmp_path, lambda: NOON) for _ in range(2)]

    def spend(n: int) -> None:
        meters[n % 2].spend(again=False)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(spend, range(500)))
    assert day_state(tmp_path, SOURCE, DailyBudget(), NOON).calls == 500


def test_repeated_calls_count_as_calls(vendor: Vendor, tmp_path: Path) -> None:
    patience = metered(SOURCE, Patience(sleep=lambda seconds: None), DailyBudget(), tmp_path, NOON)
    vendor.server.replies.extend([Reply(503), Reply(503)])
    client_of(vendor, patience).get_json("/owners")
    folder = tmp_path / BUDGET_FOLDER
    assert day_state(folder, SOURCE, DailyBudget(), NOON).calls == 3


@pytest.mark.parametrize(
    ("status", "verdict", "lack"),
    [
        (401, Verdict(), "credentials"),
        (403, Verdict(), "permission"),
        (400, Verdict(lacks_permission=True), "permission"),
        (401, Verdict(lacks_permission=True), "permission"),
        (400, Verdict(), None),
    ],
)
def test_a_refusal_says_what_is_lacking(
    vendor: Vendor, status: int, verdict: Verdict, lack: str | None
) -> None:
    vendor.server.otherwise = Reply(status, {"message": "no"})
    with pytest.raises(RefusedError) as caught:
        client_of(vendor, Patience(), judge=lambda response: verdict).get_json("/owners")
    assert caught.value.lack == lack
