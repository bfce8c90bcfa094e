"""LinkedIn Ads: restated days, campaigns that go, the ceiling of analytics, a day's limit."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from ingestion.entity import DELETED, VERSION_AT
from ingestion.landing import LandingError
from ingestion.sandbox.vendors.linkedin_ads import service
from ingestion.sources import linkedin_ads
from ingestion.sources.linkedin_ads.settings import CAMPAIGN_DAILY, CAMPAIGN_GROUPS, ENTITIES
from tests.contracts.company_sandbox import Lake, company_sandbox, faulty, totals
from tests.contracts.sandbox_server import serve
from tests.contracts.test_sandbox_linkedin_ads import ROWS

LINKEDIN = "linkedin_ads"
DAY = 86_400
KINDS = ("rate_limit", "server_error", "truncated_page", "duplicate_record", "token_expiry")
SPOILED = ("late_row", "malformed_record", "null_key")


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(ROWS) as sandbox:
        yield Lake(tmp_path, sandbox)


def disagreements(lake: Lake) -> list[str]:
    """Entities whose count, keys or sum in the lake are not those of the sandbox at its clock."""
    assert lake.sandbox.world is not None
    store = lake.sandbox.world.store
    found = []
    for name, measure in (
        ("campaign_groups", "budget"), ("campaigns", "daily_budget"), ("creatives", None),
        ("campaign_daily", "cost"),
    ):  # fmt: skip
        entity = next(entity for entity in ENTITIES if entity.name == name)
        held = store.fetch(f"select * from {store.current(f'{LINKEDIN}.{name}')}")
        landed = lake.current(LINKEDIN, entity).rename({"total_budget": "budget"}, strict=False)
        if entity is CAMPAIGN_DAILY:
            key = pl.concat_str("campaign_id", "date", separator="/").alias("id")
            held, landed = (frame.with_columns(key) for frame in (held, landed))
        if totals(landed, "id", measure) != totals(held, "id", measure):
            found.append(name)
    return found


def test_lake_agrees_with_the_vendor_after_bad_days(tmp_path: Path) -> None:
    with company_sandbox(tmp_path / "company", scale=0.05) as sandbox:
        lake = Lake(tmp_path / "lake", sandbox)
        lake.land(LINKEDIN)
        assert lake.current(LINKEDIN, CAMPAIGN_DAILY).height > 300
        assert disagreements(lake) == []
        for days, kinds in ((1, KINDS + SPOILED), (20, KINDS + SPOILED), (1, KINDS)):
            sandbox.advance(days * DAY)
            for position, kind in enumerate(kinds):
                sandbox.fault(LINKEDIN, kind, times=1, skip=position // 3)
            lake.land(LINKEDIN)
            fired = sandbox.admin.get("/_sandbox/faults").json()["fired"]
            assert set(fired) == {f"{LINKEDIN}.{kind}" for kind in kinds}
            sandbox.clear_faults()
        assert disagreements(lake) == []


def test_restated_day_is_a_version_and_shows_within_a_day(lake: Lake) -> None:
    first = lake.land(LINKEDIN)
    assert lake.land(LINKEDIN).load_id is None
    assert first.tables["campaign_daily"].rows == 6
    lake.sandbox.advance(3600)
    later = lake.land(LINKEDIN)
    assert {name: table.rows for name, table in later.tables.items() if table.rows} == {
        "campaign_groups": 1, "campaigns": 2, "creatives": 4,
    }  # fmt: skip
    lake.sandbox.advance(DAY)
    assert lake.land(LINKEDIN).tables["campaign_daily"].rows == 2
    sixth = lake.rows(LINKEDIN, "campaign_daily").filter(
        pl.col("date") == pl.date(2026, 9, 6), campaign_id="310000011"
    )
    conversions = sixth.sort(VERSION_AT)["external_website_conversions"].to_list()
    assert len(conversions) == 2
    assert conversions[0] == 0 < conversions[1]


def test_archived_campaign_stays_with_its_status(lake: Lake) -> None:
    lake.land(LINKEDIN)
    lake.sandbox.advance(3600)
    report = lake.land(LINKEDIN)
    assert sum(table.tombstones for table in report.tables.values()) == 0
    groups = lake.current(LINKEDIN, CAMPAIGN_GROUPS).select("name", "status", "total_budget")
    assert groups.rows() == [
        ("営業 1 | LinkedIn", "ACTIVE", 4840.0),
        ("営業 4 | LinkedIn", "ARCHIVED", 4840.0),
    ]


def test_campaign_that_is_not_listed_any_more_is_deleted_but_its_days_stay(
    tmp_path: Path,
) -> None:
    with serve(ROWS) as before, serve({**ROWS, "campaigns": ROWS["campaigns"][:1]}) as after:
        Lake(tmp_path, before).land(LINKEDIN)
        lake = Lake(tmp_path, after)
        after.advance(DAY)
        lake.land(LINKEDIN)
        gone = lake.rows(LINKEDIN, "campaigns").filter(DELETED)["id"].sort().to_list()
        assert gone == ["310000041", "310000042"]
        assert lake.current(LINKEDIN, CAMPAIGN_DAILY).height == 6


def test_days_are_halved_where_an_answer_is_cut(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (service, linkedin_ads):
        monkeypatch.setattr(module, "ANALYTICS_ROWS", 3)
    assert lake.land(LINKEDIN).tables["campaign_daily"].rows == 6


def test_day_that_fills_an_answer_is_an_error_not_a_gap(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (service, linkedin_ads):
        monkeypatch.setattr(module, "ANALYTICS_ROWS", 2)
    with pytest.raises(LandingError, match="2026-09-05 has 2 or more campaigns with figures"):
        lake.land(LINKEDIN)


def test_pages_are_followed(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linkedin_ads, "PAGE_ROWS", 1)
    monkeypatch.setattr(linkedin_ads, "CREATIVE_PAGE_ROWS", 3)
    tables = lake.land(LINKEDIN).tables
    assert [tables[name].rows for name in ("campaign_groups", "campaigns", "creatives")] == [
        2,
        4,
        8,
    ]


def test_used_up_day_ends_the_run_with_the_reason(lake: Lake) -> None:
    lake.sandbox.fault(LINKEDIN, "quota_exhausted", times=50)
    report = lake.land(LINKEDIN)
    assert report.used_up is not None and "calls of this day are used up" in report.used_up
    assert report.used_up_until == datetime(2026, 11, 19, tzinfo=UTC)


def test_version_that_is_gone_is_named(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linkedin_ads, "API_VERSION", "202401")
    with pytest.raises(LandingError, match="no longer offers version 202401 of its API"):
        lake.land(LINKEDIN)


def test_record_that_does_not_fit_is_set_aside(lake: Lake) -> None:
    report = faulty(lake, LINKEDIN, "malformed_record", match="adAnalytics", field="year", times=1)
    assert report.tables["campaign_daily"].rejects == 1
