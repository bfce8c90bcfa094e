"""Checks that are not dbt's: the quality of landed batches."""

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

BATCH_QUALITY = "batch_quality"
COLUMNS = ("expectation", "column", "unexpected", "sample", "severity")


def batch_quality_spec(key: AssetKey) -> AssetCheckSpec:
    return AssetCheckSpec(
        BATCH_QUALITY,
        asset=key,
        blocking=True,
        description=(
            "Great Expectations on the rows that this run landed, not on the whole table. An error "
            "stops the run, so that nothing is published; a warning does not."
        ),
    )


def batch_quality(
    key: AssetKey, *, source: str, entity: str, lake_url: str, load_id: str | None, rows: int
) -> AssetCheckResult:
    """Validate one landed batch; an empty one needs no look and no import."""
    if load_id is None or not rows:
        return AssetCheckResult(
            asset_key=key, check_name=BATCH_QUALITY, passed=True, metadata={"rows": 0}
        )
    from ingestion.quality import landed_batch, validate_batch

    result = validate_batch(source, entity, landed_batch(lake_url, source, entity, load_id))
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
