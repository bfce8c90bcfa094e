"""A batch that was refused keeps being refused until a release has taken it."""

from pathlib import Path

from dagster import AssetCheckResult, AssetCheckSeverity
from deltalake import write_deltalake

from ingestion.changelog import ChangeLog, raw_url
from orchestration import keys
from orchestration.checks import batch_quality
from orchestration.raw_tables import is_news, raw_tables
from tests.unit.test_quality import DEAL, batch_of, entity_of

GOOD, BAD = "1763800000.1", "1763800001.2"


def check(lake: Path, *, served: str | None) -> AssetCheckResult | None:
    (table,) = raw_tables(lake, ["salesforce"])
    if not is_news(table, served):
        return None
    return batch_quality(
        keys.raw("salesforce", "opportunities"),
        source="salesforce",
        entity="opportunities",
        lake_url=str(lake),
        served=served,
    )


def test_what_no_release_has_yet_is_checked_by_every_run(tmp_path: Path) -> None:
    entity = entity_of("salesforce", "opportunities")
    log = ChangeLog(entity, f"{raw_url(str(tmp_path))}/salesforce")
    log.ensure()
    assert check(tmp_path, served=None) is None, "an empty table has nothing to refuse"
    write_deltalake(log.url, batch_of(entity, [DEAL], GOOD), mode="append")
    accepted = check(tmp_path, served=None)
    assert accepted is not None and accepted.passed
    spoilt = [DEAL | {"currency_iso_code": "dollars"}]
    write_deltalake(log.url, batch_of(entity, spoilt, BAD), mode="append")
    for _run in range(2):
        refused = check(tmp_path, served=GOOD)
        assert refused is not None
        assert (refused.passed, refused.severity) == (False, AssetCheckSeverity.ERROR)
    assert check(tmp_path, served=BAD) is None
