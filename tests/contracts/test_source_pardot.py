"""Account Engagement: error bodies, long chains, the bin, deletes for good, scores by day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingestion.entity import DELETED, VERSION_AT
from ingestion.landing import LandingError
from ingestion.sandbox.vendors.pardot import query as served
from ingestion.sources.pardot import read
from tests.contracts.company_sandbox import Lake, entity_of, faulty
from tests.contracts.sandbox_server import Rows, account, at, contact, lead, opportunity, serve

PARDOT = "pardot"
EMEA: dict[str, Any] = {"region_name": "EMEA"}
FIRST = 50_000_002
PEOPLE, SCORES, VISITS = ("prospects",), ("prospect_scores",), ("visitor_activities",)
COMPANY: Rows = {
    "accounts": [account(1, "salesforce", "2026-01-01", **EMEA)],
    "contacts": [contact(1, "salesforce", "2026-02-01", first_name="健太", last_name="渡辺")],
    "leads": [
        *(lead(n, "salesforce", "2026-11-01", **EMEA) for n in range(1, 6)),
        lead(1, "salesforce", "2026-11-18 10:30", **EMEA, title="Head of Sales"),
        lead(2, "salesforce", "2026-11-18 10:31", **EMEA, is_deleted=True),
        lead(2, "salesforce", "2026-11-20 10:31", **EMEA),
    ],
    "opportunities": [
        opportunity(1, "salesforce", "2026-02-01"),
        opportunity(1, "salesforce", "2026-11-18 10:20", is_deleted=True),
    ],
    "email_campaigns": [
        {"email_campaign_n": n, "name": f"News {n}", "subject": "Hi", "sent_at": at("2026-11-02")}
        for n in (1, 2, 3)
    ],
    "email_events": [
        {
            "event_n": n, "email_campaign_n": campaign, "recipient": "lead1@acme.example",
            "type": kind, "occurred_at": at(moment),
        }
        for n, (campaign, kind, moment) in enumerate(
            [
                (1, "SENT", "2026-11-02 09:00"),
                (2, "SENT", "2026-11-03 09:00"),
                (3, "SENT", "2026-11-04 09:00"),
                (2, "OPEN", "2026-11-18 10:40"),
                (2, "CLICK", "2026-11-18 10:41"),
            ]
        )
    ],
}  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(COMPANY) as sandbox:
        yield Lake(tmp_path, sandbox)


def test_error_with_status_200_is_waited_out(lake: Lake) -> None:
    report = faulty(lake, PARDOT, "rate_limit", only=PEOPLE, match="/prospects", times=2)
    assert report.tables["prospects"].rows == 6


def test_calls_of_a_day_that_are_used_up_end_the_run_with_the_reason(lake: Lake) -> None:
    lake.sandbox.fault(PARDOT, "quota_exhausted", match="/prospects", times=None)
    used_up = lake.land(PARDOT, only=PEOPLE)
    assert "the calls of this day are used up" in (used_up.used_up or "")
    assert "prospects" in used_up.unfinished
    lake.sandbox.clear_faults()
    lake.sandbox.advance(14 * 3600)
    again = lake.land(PARDOT, only=PEOPLE)
    prospects = again.tables["prospects"]
    assert again.used_up is None and prospects.rows + prospects.tombstones == 6


def test_wrong_business_unit_is_named(lake: Lake) -> None:
    with pytest.raises(LandingError, match="check business_unit_id"):
        lake.land(PARDOT, business_unit_id="0Uv000000000000AAA")


def test_token_that_expires_in_mid_run_is_renewed(lake: Lake) -> None:
    few = ("prospects", "list_emails", "visitor_activities")
    report = faulty(lake, PARDOT, "token_expiry", only=few, skip=2, times=1)
    assert report.tables["visitor_activities"].rows > 3


def test_chain_that_ends_at_the_ceiling_goes_on_by_id(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six prospects over chains of four records in pages of two, the fourth at a page's end."""
    monkeypatch.setattr(served, "SEQUENCE_ROWS", 4)
    monkeypatch.setattr(read, "CHAIN_ROWS", 4)
    monkeypatch.setattr(read, "PAGE_ROWS", 2)
    assert lake.land(PARDOT, only=PEOPLE).tables["prospects"].rows == 6


def test_bin_and_undelete_become_versions(lake: Lake) -> None:
    lake.land(PARDOT, only=("prospects", "opportunities"))
    lake.sandbox.advance(3600)
    report = lake.land(PARDOT, only=("prospects", "opportunities"))
    assert report.tables["prospects"].tombstones == 1
    assert report.tables["opportunities"].tombstones == 1
    lake.sandbox.advance(48 * 3600)
    lake.land(PARDOT, only=("prospects", "opportunities"))
    second = lake.rows(PARDOT, "prospects").filter(pl.col("id") == str(FIRST + 2)).sort(VERSION_AT)
    assert second[DELETED].to_list() == [False, True, False]


def test_prospect_deleted_for_good_is_found_by_the_days_sweep(lake: Lake, tmp_path: Path) -> None:
    """The same company without one lead stands for the vendor after the bin was emptied."""
    lake.land(PARDOT, only=PEOPLE)
    left = {**COMPANY, "leads": [row for row in COMPANY["leads"] if row["lead_n"] != 4]}
    with serve(left) as sandbox:
        later = Lake(tmp_path, sandbox)
        assert later.land(PARDOT, only=PEOPLE).tables["prospects"].tombstones == 0
        sandbox.advance(24 * 3600)
        assert later.land(PARDOT, only=PEOPLE).tables["prospects"].tombstones == 2
    gone = later.rows(PARDOT, "prospects").filter(DELETED)["id"].to_list()
    assert sorted(gone) == [str(FIRST + 2), str(FIRST + 6)]


def test_scores_are_landed_once_a_day(lake: Lake) -> None:
    assert lake.land(PARDOT, only=SCORES).tables["prospect_scores"].rows == 6
    lake.sandbox.advance(3600)
    assert lake.land(PARDOT, only=SCORES).tables["prospect_scores"].rows == 0
    lake.sandbox.advance(23 * 3600)
    assert lake.land(PARDOT, only=SCORES).tables["prospect_scores"].rows == 5
    scores = lake.current(PARDOT, entity_of(PARDOT, "prospect_scores"))
    days = scores.filter(pl.col("prospect_id") == str(FIRST)).sort("snapshot_date")
    assert days["snapshot_date"].to_list() == [date(2026, 11, 18), date(2026, 11, 19)]
    assert days["score"][1] >= days["score"][0] + 4


def test_figures_are_asked_for_only_where_something_happened(lake: Lake) -> None:
    assert lake.land(PARDOT, only=("list_email_stats",)).tables["list_email_stats"].rows == 3
    lake.sandbox.advance(3600)
    lake.sandbox.fault(PARDOT, "slow_page", match="/stats", times=9, seconds=0)
    report = lake.land(PARDOT, only=("list_email_stats",))
    fired = lake.sandbox.admin.get("/_sandbox/faults").json()["fired"]
    assert fired == {"pardot.slow_page": 1}
    assert report.tables["list_email_stats"].rows == 1
    stats = lake.current(PARDOT, entity_of(PARDOT, "list_email_stats"))
    assert stats["opens"].to_list() == [0, 1, 0]


def test_names_custom_fields_and_times_arrive_as_they_are(lake: Lake) -> None:
    lake.land(PARDOT, only=PEOPLE)
    people = lake.current(PARDOT, entity_of(PARDOT, "prospects"))
    (kenta,) = people.filter(pl.col("last_name") == "渡辺").to_dicts()
    assert kenta["custom_fields"] == '{"Buying_Role__c": "User", "Preferred_Language__c": "en"}'
    assert kenta["created_at"] == datetime(2026, 2, 1, tzinfo=UTC)


def test_row_committed_late_within_the_overlap_is_landed(lake: Lake) -> None:
    lake.sandbox.advance(42 * 60)
    lake.sandbox.fault(PARDOT, "late_row", match="visitor-activities")
    first = lake.land(PARDOT, only=VISITS).tables["visitor_activities"].rows
    lake.sandbox.advance(60)
    lake.sandbox.clear_faults()
    assert lake.land(PARDOT, only=VISITS).tables["visitor_activities"].rows == 1
    assert lake.rows(PARDOT, "visitor_activities").height == first + 1


def test_record_that_does_not_fit_is_set_aside(lake: Lake) -> None:
    report = faulty(
        lake,
        PARDOT,
        "malformed_record",
        only=(*PEOPLE, *SCORES),
        match="/prospects",
        times=1,
        field="score",
    )
    assert report.tables["prospects"].rejects + report.tables["prospect_scores"].rejects == 1
