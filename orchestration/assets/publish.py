"""A release's life in a run: opened, rewritten at night, verified and served."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    FreshnessPolicy,
    MaterializeResult,
    MetadataValue,
    asset,
)

from orchestration import keys
from orchestration.assets.transform import SUITES
from orchestration.clock import ClockError, run_clock
from orchestration.code_version import code_version
from orchestration.raw_tables import RawTable, raw_tables
from orchestration.release import (
    DATABASES,
    current,
    find_candidate,
    open_candidate,
    publish,
    rewrite,
)
from orchestration.required_tables import required_tables
from orchestration.resources import WRITER, WRITER_POOL
from orchestration.settings import Settings
from orchestration.sources import STALE_AFTER

NIGHTLY = {"cadence": "nightly"}


def candidate_asset(settings: Settings, raw: Sequence[AssetKey]) -> AssetsDefinition:
    @asset(
        key=keys.CANDIDATE,
        deps=list(raw),
        group_name=keys.group(keys.CANDIDATE),
        kinds={"duckdb"},
        pool=WRITER_POOL,
        required_resource_keys={WRITER},
        description="A copy of the served release, for this run alone; nobody reads it yet.",
    )
    def release_candidate(context: AssetExecutionContext) -> MaterializeResult[Any]:
        began = time.monotonic()
        candidate = open_candidate(
            context.resources.writer,
            run=context.run_id,
            as_of=_as_of(settings, context),
            now=datetime.now(UTC),
        )
        size = sum(file.stat().st_size for file in candidate.path.glob("*.duckdb"))
        return MaterializeResult(
            metadata={
                "release": candidate.id,
                "copied_from": candidate.base or "nothing: the first release",
                "as_of": candidate.as_of.isoformat(),
                "megabytes": round(size / 1e6, 1),
                "seconds": round(time.monotonic() - began, 1),
                "path": MetadataValue.path(str(candidate.path)),
            }
        )

    return release_candidate


def rewritten_asset(settings: Settings, built: Sequence[AssetKey]) -> AssetsDefinition:
    @asset(
        key=keys.REWRITTEN,
        deps=list(built),
        group_name=keys.group(keys.REWRITTEN),
        kinds={"duckdb"},
        tags=NIGHTLY,
        pool=WRITER_POOL,
        required_resource_keys={WRITER},
        description="The candidate's files without the holes that incremental builds leave.",
    )
    def release_rewritten(context: AssetExecutionContext) -> MaterializeResult[Any]:
        candidate = find_candidate(settings.paths.serving, run=context.run_id)
        metadata: dict[str, Any] = {}
        for name in DATABASES:
            began = time.monotonic()
            before, after = rewrite(candidate, name=name, extension=delta_extension())
            metadata |= {
                f"{name}_megabytes_before": round(before / 1e6, 1),
                f"{name}_megabytes_after": round(after / 1e6, 1),
                f"{name}_seconds": round(time.monotonic() - began, 1),
            }
        return MaterializeResult(metadata=metadata)

    return release_rewritten


def published_asset(
    settings: Settings, built: Sequence[AssetKey], *, dbt_project: str
) -> AssetsDefinition:
    @asset(
        key=keys.PUBLISHED,
        deps=[*built, keys.REWRITTEN],
        group_name=keys.group(keys.PUBLISHED),
        kinds={"duckdb"},
        pool=WRITER_POOL,
        required_resource_keys={WRITER},
        freshness_policy=FreshnessPolicy.time_window(
            fail_window=STALE_AFTER, warn_window=STALE_AFTER / 2
        ),
        description="Verified and served: `current` points to it, and Superset reads it.",
    )
    def release_published(context: AssetExecutionContext) -> MaterializeResult[Any]:
        candidate = find_candidate(settings.paths.serving, run=context.run_id)
        raw = raw_tables(settings.paths.lake, settings.sources_on())
        release = publish(
            context.resources.writer,
            candidate,
            required=required_tables(raw),
            suites=SUITES,
            facts={
                "job": context.job_name,
                "code_version": code_version(),
                "dbt_project": dbt_project,
                "delta_versions": {table.name: table.delta_version for table in raw},
                "load_ids": {table.name: table.last_load_id for table in raw},
                "sources": source_facts(raw),
            },
            now=datetime.now(UTC),
        )
        checks = release.manifest["checks"]
        return MaterializeResult(
            metadata={
                "release": release.id,
                "as_of": release.manifest["as_of"],
                "checks_passed": checks["passed"],
                "checks_failed": checks["failed"],
                "dagster/row_count": release.manifest["row_counts"]["marts.fct_opportunities"],
                "row_counts": MetadataValue.json(release.manifest["row_counts"]),
                "megabytes": round(sum(release.manifest["bytes"].values()) / 1e6, 1),
                "path": MetadataValue.path(str(release.path)),
            }
        )

    return release_published


def source_facts(raw: Sequence[RawTable]) -> Mapping[str, Mapping[str, Any]]:
    """Per source: tables, rows, rejects, last_loaded_at; what `revlake status` shows."""
    facts: dict[str, dict[str, Any]] = {}
    for table in raw:
        entry = facts.setdefault(
            table.source, {"tables": 0, "rows": 0, "rejects": 0, "last_loaded_at": None}
        )
        entry["tables"] += 1
        entry["rows"] += table.rows
        entry["rejects"] += table.rejects
        loaded = table.last_loaded_at.isoformat() if table.last_loaded_at else None
        entry["last_loaded_at"] = max(filter(None, (entry["last_loaded_at"], loaded)), default=None)
    return facts


def delta_extension() -> Path:
    """The delta extension for the installed DuckDB, out of its wheel."""
    from importlib import metadata

    import duckdb

    wanted = f"v{duckdb.__version__}/delta.duckdb_extension"
    for file in metadata.files("duckdb-extension-delta") or []:
        if file.as_posix().endswith(wanted):
            return Path(str(file.locate()))
    raise FileNotFoundError(f"duckdb-extension-delta has no {wanted}: install the equal versions")


def _as_of(settings: Settings, context: AssetExecutionContext) -> datetime:
    """The vendors' time; the served release's while the sandbox is down: nothing new is known."""
    try:
        return run_clock(settings)()
    except ClockError as error:
        context.log.warning(f"{error}; the release keeps the time of the one before")
        served = current(settings.paths.serving)
        if served is None:
            return datetime.now(UTC)
        return datetime.fromisoformat(served.manifest["as_of"])
