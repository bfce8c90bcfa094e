"""The sandbox's clock, its state directory, and what it shows of a simulated company."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ingestion.sandbox.__main__ import company_frames, history_start, main
from ingestion.sandbox.app import build_world
from ingestion.sandbox.clock import Beginning, Clock, StateMismatchError, open_clock
from ingestion.sandbox.vendors.salesforce.objects import OBJECTS
from tests.contracts.sandbox_server import NOW, Sandbox, frames, serve

START = datetime(2026, 3, 1, tzinfo=UTC)


def opened(
    state_dir: Path, *, frozen: bool, real: datetime, seed: int = 7, now: datetime | None = NOW
) -> Clock:
    return open_clock(
        state_dir, seed=seed, scale=0.5, start=history_start, now=now, frozen=frozen,
        real=lambda: real,
    )  # fmt: skip


def test_a_frozen_clock_moves_only_by_advance(tmp_path: Path) -> None:
    clock = opened(tmp_path, frozen=True, real=NOW)
    assert clock.now() == NOW
    assert clock.advance(90) == NOW + timedelta(seconds=90)


def test_a_flowing_clock_goes_on_with_real_time_after_a_restart(tmp_path: Path) -> None:
    real = datetime(2026, 12, 24, tzinfo=UTC)
    opened(tmp_path, frozen=False, real=real).advance(60)
    later = opened(tmp_path, frozen=False, real=real + timedelta(hours=1), now=None)
    assert later.now() == NOW + timedelta(hours=1, seconds=60)


def test_a_frozen_clock_stands_where_it_stood(tmp_path: Path) -> None:
    opened(tmp_path, frozen=True, real=NOW).advance(60)
    later = opened(tmp_path, frozen=True, real=NOW + timedelta(days=1), now=None)
    assert later.now() == NOW + timedelta(seconds=60)
    assert later.beginning.start == datetime(2023, 11, 1, tzinfo=UTC)


def test_another_seed_is_refused_with_the_directorys_name(tmp_path: Path) -> None:
    opened(tmp_path, frozen=True, real=NOW)
    with pytest.raises(StateMismatchError, match=str(tmp_path)):
        opened(tmp_path, frozen=True, real=NOW, seed=8)


def test_the_command_refuses_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opened(tmp_path, frozen=True, real=NOW)
    assert main(["--seed", "8", "--scale", "0.5", "--state-dir", str(tmp_path)]) == 2
    assert "seed 7, scale 0.5" in capsys.readouterr().err


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve({}) as running:
        yield running


def test_the_clock_never_goes_back(sandbox: Sandbox) -> None:
    assert sandbox.admin.post("/_sandbox/advance", json={"seconds": -1}).status_code == 400
    assert sandbox.admin.get("/_sandbox/clock").json() == {"now": "2026-11-18T10:00:00Z"}
    assert sandbox.admin.get("/_sandbox/health").json()["status"] == "ok"


@pytest.mark.parametrize("path", ["/salesforce/nothing", "/hubspot/nothing", "/google_ads/nothing"])
def test_unknown_paths_are_answered_in_the_vendors_form(sandbox: Sandbox, path: str) -> None:
    answer = sandbox.admin.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"


def test_the_simulated_company_is_served_whole(tmp_path: Path) -> None:
    clock = open_clock(tmp_path, seed=7, scale=0.05, start=lambda now: START, now=NOW, frozen=True)
    company = company_frames(clock.beginning, NOW + timedelta(days=62))
    store = build_world(clock, lambda until: company).store
    served = {
        path: store.fetch(f"select count(*), count(*) filter (not {deleted}) from {source}").row(0)
        for path, deleted in [
            ('salesforce."Account"', '"IsDeleted"'),
            ('salesforce."Opportunity"', '"IsDeleted"'),
            ('salesforce."Lead"', '"IsDeleted"'),
            ("hubspot.deals", "_archived"),
        ]
        for source in [store.current(path)]
    }
    expected = {
        'salesforce."Account"': state(company["accounts"], "account_n", "salesforce"),
        'salesforce."Opportunity"': state(company["opportunities"], "opportunity_n", "salesforce"),
        'salesforce."Lead"': state(company["leads"], "lead_n", "salesforce"),
        "hubspot.deals": state(company["opportunities"], "opportunity_n", "hubspot"),
    }
    assert served == expected
    activities = company["activities"].filter(crm="hubspot")
    shown = sum(
        store.fetch(f"select count(*) from {store.current(f'hubspot.{name}')}").item()
        for name in ("calls", "emails", "meetings", "notes", "tasks")
    )
    assert shown == state(activities, "activity_n", "hubspot")[0]
    contacts = store.fetch(f"select count(*) from {store.current('hubspot.contacts')}").item()
    assert contacts == people_of_hubspot(company["leads"], company["contacts"])
    assert len(company["leads"].filter(crm="hubspot")["converted_contact_n"].drop_nulls()) > 0
    for sobject in OBJECTS.values():
        assert store.fetch(f"select count(*) from {sobject.table.path}").item() > 0, sobject.name


def newest(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """The records of a log as they are at NOW."""
    known = frame.filter(pl.col("version_at") <= NOW)
    return known.sort("version_at").unique(key, keep="last")


def state(frame: pl.DataFrame, key: str, crm: str) -> tuple[int, int]:
    """How many records there are at NOW, and how many of them live."""
    current = newest(frame.filter(crm=crm), key)
    return current.height, int((~current["is_deleted"]).sum())


def people_of_hubspot(leads: pl.DataFrame, contacts: pl.DataFrame) -> int:
    """Leads and contacts, but a contact that was a lead is the same person."""
    own_leads, own_contacts = leads.filter(crm="hubspot"), contacts.filter(crm="hubspot")
    converted = own_leads["converted_contact_n"].drop_nulls().unique().to_list()
    plain = newest(own_contacts.filter(~pl.col("contact_n").is_in(converted)), "contact_n")
    return newest(own_leads, "lead_n").height + plain.height


def test_a_flowing_clock_near_the_horizon_gets_more_company() -> None:
    asked: list[datetime] = []

    def simulate(until: datetime) -> dict[str, pl.DataFrame]:
        asked.append(until)
        return frames({})

    clock = Clock(beginning=Beginning(1, 1.0, START), now=NOW, frozen=True)
    world = build_world(clock, simulate)
    world.advance(40 * 86_400)
    world.advance(20 * 86_400)
    assert asked == [NOW + timedelta(days=62), NOW + timedelta(days=60 + 62)]
