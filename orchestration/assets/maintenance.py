"""Every night: the lake's tables compacted and vacuumed, old releases deleted."""

import time
from typing import Any

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, MaterializeResult, asset

from orchestration import keys
from orchestration.assets.publish import NIGHTLY
from orchestration.release import prune, releases
from orchestration.resources import WRITER, WRITER_POOL
from orchestration.settings import Settings


def maintenance_assets(settings: Settings) -> list[AssetsDefinition]:
    @asset(
        key=keys.PRUNED,
        deps=[keys.PUBLISHED],
        group_name=keys.group(keys.PRUNED),
        tags=NIGHTLY,
        pool=WRITER_POOL,
        required_resource_keys={WRITER},
        description="Old releases are gone; the served one and the one before it never are.",
    )
    def prune_releases(context: AssetExecutionContext) -> MaterializeResult[Any]:
        gone = prune(context.resources.writer, keep=settings.retention.releases)
        kept = [release.id for release in releases(settings.paths.serving)]
        return MaterializeResult(metadata={"deleted": list(gone), "kept": kept})

    return [
        _compaction(settings, keys.COMPACTED_RAW, zone="raw"),
        _compaction(settings, keys.COMPACTED_ML, zone="ml"),
        prune_releases,
    ]


def _compaction(settings: Settings, key: AssetKey, *, zone: str) -> AssetsDefinition:
    @asset(
        key=key,
        deps=[keys.PUBLISHED],
        group_name=keys.group(key),
        kinds={"deltalake"},
        tags=NIGHTLY,
        pool=WRITER_POOL,
        required_resource_keys={WRITER},
        description=f"Tables of lake/{zone} with few files and short logs; time travel stays as "
        "long as set.",
    )
    def compacted(context: AssetExecutionContext) -> MaterializeResult[Any]:
        from ingestion.maintenance import maintain

        began = time.monotonic()
        hours = settings.retention.delta_hours
        care = maintain(str(settings.paths.lake), zone, retention_hours=hours)
        return MaterializeResult(
            metadata={
                "tables": len(care),
                "files_before": sum(table.files_before for table in care.values()),
                "files_after": sum(table.files_after for table in care.values()),
                "files_deleted": sum(table.files_deleted for table in care.values()),
                "retention_hours": hours,
                "seconds": round(time.monotonic() - began, 1),
            }
        )

    return compacted
