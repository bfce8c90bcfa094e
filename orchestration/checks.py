"""Checks that are not dbt's: the quality of landed batches."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    TableColumn,
    TableMetadataValue,
    TableRecord,
    TableSchema,
)

if TYPE_CHECKING:
    from ingestion.entity import Entity

BATCH_QUALITY = "batch_quality"
COLUMNS = ("expectation", "column", "unexpected", "sample", "severity")


def batch_quality_spec(key: AssetKey) -> AssetCheckSpec:
    return AssetCheckSpec(
        BATCH_QUALITY,
        asset=key,
        blocking=True,
        description=(
            "Great Expectations on the rows that no served release has yet, not on the table. An "
            "error stops the run, so that nothing is published; a warning does not."
        ),
    )


def batch_quality(
    key: AssetKey,
    *,
    source: str,
    entity: str,
    lake_url: str,
    served: str | None,
    known: Iterable["Entity"] | None = None,
) -> AssetCheckResult:
    """Validate the loads after `served`, the newest load that a release was published with.

    So what was refused once stays refused, though the next run lands nothing new.
    """
    from ingestion.quality import landed_batch, validate_batch

    batch = landed_batch(lake_url, source, entity, after=served)
    result = validate_batch(source, entity, batch, known)
    failures = [
        TableRecord(
            {
                "expectation": failure.expectation,
                "column": failure.column,
                "unexpected": str(failure.unexpected_count),
                "sample": ", ".join(failure.sample)[:200],
                "severity": failure.severity,
            }
        )
        for failure in result.failures
    ]
    return AssetCheckResult(
        asset_key=key,
        check_name=BATCH_QUALITY,
        passed=result.passed,
        severity=(
            AssetCheckSeverity.ERROR if result.severity == "error" else AssetCheckSeverity.WARN
        ),
        metadata={
            "rows": result.rows,
            "failures": TableMetadataValue(
                records=failures, schema=TableSchema([TableColumn(name) for name in COLUMNS])
            ),
        },
    )
