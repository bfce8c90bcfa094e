"""What a release says of a source that waits for its vendor's next day."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.integration.dbt_release import RawLake, Release

AS_OF = "2026-11-18T10:00:00Z"


def test_a_waiting_source_says_until_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = RawLake(tmp_path / "lake", ("google_ads", "linkedin_ads"))
    lake.load("google_ads", {"campaigns": [{"id": "1", "name": "Brand"}]})
    release = Release(tmp_path / "release", lake, tmp_path / "state")
    monkeypatch.setenv("REVLAKE_WAITING", '{"google_ads": "2026-11-19T00:00:00+00:00"}')
    release.dbt("build", "--select", "+source_freshness", as_of=AS_OF)
    found = release.query(
        "select distinct source, waits_until from meta.source_freshness order by 1"
    )
    assert found == [("google_ads", datetime(2026, 11, 19)), ("linkedin_ads", None)]
