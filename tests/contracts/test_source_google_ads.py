"""Google Ads: restated days are versions, unchanged ones are not landed again."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingestion.entity import VERSION_AT
from tests.contracts.company_sandbox import Lake, faulty
from tests.contracts.sandbox_server import Rows, at, serve

ADS = "google_ads"


def campaign(number: int, version: str, **values: Any) -> dict[str, Any]:
    return {
        "campaign_n": number, "version_at": at(version), "name": f"Brand {number}",
        "channel": "Search", "status": "ENABLED", "start_date": date(2026, 9, 1),
        "end_date": date(2026, 12, 31), "budget": 5000.0, **values,
    }  # fmt: skip


def day(number: int, when: date, version: str, **values: Any) -> dict[str, Any]:
    return {
        "campaign_n": number, "date": when, "version_at": at(version), "cost": 12.5,
        "impressions": 100, "clicks": 10, "conversions": 1.0, **values,
    }  # fmt: skip


COMPANY: Rows = {
    "campaigns": [
        campaign(1, "2026-09-01"),
        campaign(2, "2026-09-01"),
        campaign(2, "2026-11-18 10:30", status="PAUSED"),
    ],
    "campaign_daily": [
        *(day(1, date(2026, 11, number), f"2026-11-{number:02} 23:59") for number in range(1, 18)),
        day(1, date(2026, 11, 5), "2026-11-18 10:20", conversions=3.0),
        day(1, date(2026, 9, 5), "2026-09-05 23:59"),
    ],
}


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(COMPANY) as sandbox:
        yield Lake(tmp_path, sandbox)


def test_restated_day_is_a_version_and_nothing_else_lands(lake: Lake) -> None:
    first = lake.land(ADS)
    again = lake.land(ADS)
    lake.sandbox.advance(3600)
    later = lake.land(ADS)
    assert first.tables["campaign_daily"].rows == 18
    assert again.load_id is None
    assert later.tables["campaign_daily"].rows == 1
    assert later.tables["campaigns"].rows == 1
    fifth = lake.rows(ADS, "campaign_daily").filter(date=date(2026, 11, 5)).sort(VERSION_AT)
    assert fifth["conversions"].to_list() == [1.0, 3.0]
    assert fifth["cost_micros"].to_list() == [12_500_000, 12_500_000]


def test_only_the_last_days_are_asked_for_again(lake: Lake) -> None:
    lake.land(ADS)
    report = faulty(lake, ADS, "malformed_record", match="2026-10-1", times=1, field="costMicros")
    assert report.tables["campaign_daily"].rejects == 1


def test_record_without_key_is_set_aside(lake: Lake) -> None:
    report = faulty(lake, ADS, "null_key", times=1)
    assert sum(table.rejects for table in report.tables.values()) == 1


def test_token_that_expires_in_mid_run_is_renewed(lake: Lake) -> None:
    report = faulty(lake, ADS, "token_expiry", skip=2, times=1)
    assert report.tables["campaign_daily"].rows == 18


def test_quota_with_a_wait_in_the_body_is_waited_for(lake: Lake) -> None:
    report = faulty(lake, ADS, "rate_limit", times=1, seconds=7)
    assert report.tables["campaigns"].rows == 2
