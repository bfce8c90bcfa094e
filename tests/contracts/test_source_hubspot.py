"""HubSpot: search beyond its ceiling, archived and merged records, associations, deal history."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ingestion.catalog import entities
from ingestion.entity import DELETED, VERSION_AT
from ingestion.sources.hubspot import objects
from tests.contracts.company_sandbox import Lake, entity_of, faulty
from tests.contracts.sandbox_server import (
    Rows,
    account,
    activity,
    at,
    contact,
    opportunity,
    serve,
    user,
)

HS = "hubspot"
COMPANIES = ("companies",)
CHANGED_AT_ONCE = "2026-11-18 10:20"
COMPANY: Rows = {
    "users": [user(1, HS)],
    "accounts": [
        *(account(number, HS, "2026-11-01 08:00") for number in range(1, 5)),
        account(2, HS, "2026-11-18 10:30", is_deleted=True),
        account(3, HS, "2026-11-18 10:31", is_deleted=True, merged_into_n=1),
    ],
    "contacts": [contact(number, HS, "2026-11-02 08:00") for number in range(1, 4)],
    "opportunities": [
        *(opportunity(number, HS, "2026-11-04 08:00") for number in range(1, 4)),
        opportunity(1, HS, "2026-11-18 10:40", stage="Proposal", amount=1500.0),
    ],
    "activities": [
        *(activity(n, HS, "call", f"2026-11-05 08:0{n}", opportunity_n=1) for n in range(1, 4)),
        *(activity(n, HS, "call", CHANGED_AT_ONCE, contact_n=1) for n in range(10, 35)),
        *(activity(n, HS, "call", f"2026-11-18 10:{n}") for n in range(41, 53)),
    ],
}


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(COMPANY) as sandbox:
        yield Lake(tmp_path, sandbox)


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake landed once; its sandbox's clock stands still."""
    with serve(COMPANY) as sandbox:
        lake = Lake(tmp_path_factory.mktemp("landed"), sandbox)
        lake.land(HS)
        yield lake


def test_search_goes_on_beyond_its_ceiling(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """25 records share one instant and 12 follow: more than fits into searches of 10 records."""
    monkeypatch.setattr(objects, "SEARCH_CEILING", 10)
    monkeypatch.setattr(objects, "SEARCH_ROWS", 4)
    names = ("companies", "deals", "calls")
    lake.land(HS, only=names)
    lake.sandbox.advance(3600)
    assert lake.land(HS, only=names).tables["calls"].rows == 25 + 12
    at_once = Lake(lake.root / "once", lake.sandbox)
    at_once.land(HS, only=names)
    for entity in map(partial(entity_of, HS), names):
        assert_frame_equal(lake.current(HS, entity), at_once.current(HS, entity))


def test_archived_and_merged_records_become_tombstones_once(lake: Lake) -> None:
    lake.land(HS, only=COMPANIES)
    lake.sandbox.advance(3600)
    report = lake.land(HS, only=COMPANIES)
    assert report.tables["companies"].tombstones == 2
    lake.sandbox.advance(3600)
    assert lake.land(HS, only=COMPANIES).tables["companies"].tombstones == 0
    gone = lake.rows(HS, "companies").filter(DELETED)
    assert gone["id"].n_unique() == 2
    assert gone[VERSION_AT].min() >= at("2026-11-18 10:30")


def test_winner_of_a_merge_names_the_records_it_took_in(lake: Lake) -> None:
    lake.land(HS, only=COMPANIES)
    lake.sandbox.advance(3600)
    lake.land(HS, only=COMPANIES)
    rows = lake.rows(HS, "companies")
    merged = rows.filter(pl.col("hs_merged_object_ids").is_not_null() & ~pl.col(DELETED))
    assert merged["hs_merged_object_ids"][-1] in rows.filter(DELETED)["id"].to_list()


def test_found_records_have_the_associations_of_listed_ones(lake: Lake) -> None:
    lake.land(HS, only=("calls", "deals"))
    lake.sandbox.advance(3600)
    lake.land(HS, only=("calls", "deals"))
    calls = lake.rows(HS, "calls")
    found = calls.filter(pl.col(VERSION_AT) == at(CHANGED_AT_ONCE))
    assert found["company_id"].null_count() == 0
    assert found["contact_id"].n_unique() == 1
    deals = lake.rows(HS, "deals").sort(VERSION_AT)
    assert deals["company_id"].null_count() == deals["contact_id"].null_count() == 0


def test_only_new_history_of_a_changed_deal_is_landed(lake: Lake) -> None:
    first = lake.land(HS, only=("deals", "deal_history"))
    lake.sandbox.advance(3600)
    report = lake.land(HS, only=("deals", "deal_history"))
    assert first.tables["deal_history"].rows == 9
    assert report.tables["deal_history"].rows == 2
    history = lake.rows(HS, "deal_history").filter(pl.col("property") == "amount")
    changed = history.filter(pl.col("changed_at") == at("2026-11-18 10:40"))
    assert [float(value) for value in changed["value"]] == [1500.0]


def test_long_lists_of_properties_are_read_by_batch(
    landed: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(objects, "URL_PROPERTIES", 10)
    other = Lake(tmp_path, landed.sandbox)
    other.land(HS)
    for entity in entities(HS):
        assert_frame_equal(landed.current(HS, entity), other.current(HS, entity))


def test_unchanged_small_tables_are_not_landed_again(lake: Lake) -> None:
    small = ("owners", "teams", "pipelines", "pipeline_stages", "products", "email_campaigns")
    lake.land(HS, only=small)
    before = lake.rows(HS, "pipeline_stages").height
    lake.sandbox.advance(86_400)
    report = lake.land(HS, only=small)
    assert before == 6
    assert {name: report.tables[name].rows for name in small} == dict.fromkeys(small, 0)


def test_record_that_does_not_fit_is_set_aside(lake: Lake) -> None:
    for kind in ("malformed_record", "null_key"):
        other = Lake(lake.root / kind, lake.sandbox)
        report = faulty(other, HS, kind, only=COMPANIES, match="objects/companies", times=1)
        assert report.tables["companies"].rejects == 1


def test_time_of_the_account_is_kept_to_the_millisecond(landed: Lake) -> None:
    stamps = landed.rows(HS, "contacts")["updated_at"].to_list()
    assert set(stamps) == {datetime(2026, 11, 2, 8, tzinfo=UTC)}
