"""`raw/<source>/<entity>`: one step that lands all sources, from the vendors' APIs to the raw
change logs.

Landing is mostly waiting for a vendor's limits, so sources wait side by side. A source that is
down fails alone: its assets say so by a failed check, and the run goes on with what the log holds.
So does one whose calls of the day are used up: what it read is landed.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import import_module
from threading import Event
from typing import TYPE_CHECKING

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from orchestration import keys
from orchestration.checks import batch_quality, batch_quality_spec
from orchestration.clock import ClockError, run_clock
from orchestration.raw_tables import is_news, raw_tables
from orchestration.refresh import LANDING
from orchestration.release import current
from orchestration.resources import WRITER, WRITER_POOL
from orchestration.settings import Settings, SettingsError, connection, known_entities
from orchestration.sources import IMPORTED_SOURCE, daily_budget

if TYPE_CHECKING:
    from ingestion.landing import LandingReport

LANDED = "landed"
SOURCES_AT_ONCE = 4

Result = MaterializeResult | AssetCheckResult
Results = Iterator[Result]


@dataclass(frozen=True)
class Landing:
    """How the landing of a source went: its report, or what kept it from landing, and how bad."""

    source: str
    seconds: float
    report: "LandingReport | None" = None
    error: str = ""
    severity: AssetCheckSeverity = AssetCheckSeverity.ERROR


def ingest_assets(settings: Settings) -> list[AssetsDefinition | AssetSpec]:
    """The landing of the sources that are on; imported files have none, only their tables."""
    sources = settings.sources_on()
    assets: list[AssetsDefinition | AssetSpec] = []
    if IMPORTED_SOURCE in sources:
        assets += imported_specs()
    if landed := [source for source in sources if source != IMPORTED_SOURCE]:
        assets.append(landing_step(settings, landed))
    return assets


def imported_specs() -> list[AssetSpec]:
    from ingestion.catalog import entities

    return [
        AssetSpec(
            keys.raw(IMPORTED_SOURCE, entity.name),
            group_name=keys.group(keys.raw(IMPORTED_SOURCE, entity.name)),
            description=f"{entity.description} Written by `revlake import`.",
            kinds={"deltalake"},
        )
        for entity in entities(IMPORTED_SOURCE)
    ]


def landing_step(settings: Settings, sources: Sequence[str]) -> AssetsDefinition:
    """A source lands as a whole, though a run may want only some of its tables."""
    named = {source: _keys(settings, source) for source in sources}

    @multi_asset(
        name=LANDING,
        specs=[spec for source in sources for spec in _specs(settings, source)],
        check_specs=[spec for source in sources for spec in _check_specs(settings, source)],
        can_subset=True,
        required_resource_keys={WRITER},
        pool=WRITER_POOL,
        description="Everything new of the sources that are on, appended to their raw change logs.",
    )
    def land(context: AssetExecutionContext) -> Results:
        wanted = context.selected_asset_keys
        chosen = [source for source in sources if wanted & set(named[source].values())]
        for landing in _side_by_side(context, settings, chosen):
            for result in _results(settings, landing, named[landing.source]):
                if _is_wanted(context, result):
                    yield result

    return land


def source_seconds(landed: AssetMaterialization) -> tuple[str, float] | None:
    """The source that a raw table was landed from and how long that took; None of other assets."""
    zone, source, *_ = landed.asset_key.path
    seconds = landed.metadata.get("seconds")
    return (source, float(str(seconds.value))) if zone == "raw" and seconds else None


def _keys(settings: Settings, source: str) -> dict[str, AssetKey]:
    return {
        entity.name: keys.raw(source, entity.name) for entity in known_entities(settings, source)
    }


def _specs(settings: Settings, source: str) -> Iterator[AssetSpec]:
    for entity in known_entities(settings, source):
        key = keys.raw(source, entity.name)
        yield AssetSpec(
            key,
            group_name=keys.group(key),
            description=entity.description,
            kinds={"dlt", "deltalake"},
            tags={"source": source},
        )


def _check_specs(settings: Settings, source: str) -> Iterator[AssetCheckSpec]:
    for key in _keys(settings, source).values():
        yield AssetCheckSpec(
            LANDED, asset=key, description="The source answered and its news are landed."
        )
        yield batch_quality_spec(key)


def _is_wanted(context: AssetExecutionContext, result: Result) -> bool:
    if isinstance(result, MaterializeResult):
        return result.asset_key in context.selected_asset_keys
    checks = {(check.asset_key, check.name) for check in context.selected_asset_check_keys}
    return (result.asset_key, result.check_name) in checks


def _side_by_side(
    context: AssetExecutionContext, settings: Settings, sources: Collection[str]
) -> Iterator[Landing]:
    """Each landing as it ends. When the run is stopped, so are the landings under way."""
    # Whole before the threads begin: dlt looks at pandas and polars where Python keeps what it has
    # loaded, and there it would meet what another thread has only begun to load.
    for library in ("pandas", "polars", "ingestion.landing", "ingestion.quality"):
        import_module(library)
    stopped = Event()
    with ThreadPoolExecutor(SOURCES_AT_ONCE, thread_name_prefix="land") as pool:
        landings = [pool.submit(_land, context, settings, source, stopped) for source in sources]
        try:
            for landing in as_completed(landings):
                yield landing.result()
        finally:
            stopped.set()
            for landing in landings:
                landing.cancel()


def _land(
    context: AssetExecutionContext, settings: Settings, source: str, stopped: Event
) -> Landing:
    from ingestion.http import Patience
    from ingestion.landing import LandingError, land

    def pause(seconds: float) -> None:
        if stopped.wait(seconds):
            raise LandingError("the run was stopped")

    def progress(entity: str, rows: int) -> None:
        pause(0)
        context.log.debug(f"{source} {entity}: {rows} rows read")

    began = time.monotonic()
    try:
        report = land(
            source,
            connection=connection(settings, source),
            lake_url=str(settings.paths.lake),
            state_dir=settings.paths.dlt,
            clock=run_clock(settings),
            budget=daily_budget(settings, source),
            progress=progress,
            patience=Patience(sleep=pause),
        )
    except (LandingError, SettingsError, ClockError) as error:
        context.log.error(f"{source} was not landed: {error}")
        return Landing(source, time.monotonic() - began, error=str(error))
    seconds = time.monotonic() - began
    if report.used_up is not None:
        context.log.warning(report.used_up)
    if not report.tables:
        return Landing(source, seconds, error=str(report.used_up), severity=AssetCheckSeverity.WARN)
    return Landing(source, seconds, report=report)


def _results(settings: Settings, landing: Landing, named: Mapping[str, AssetKey]) -> Results:
    if landing.report is None:
        yield from _not_landed(settings, landing)
    else:
        yield from _landed(settings, landing, landing.report, named)
    yield from _quality(settings, landing.source)


def _landed(
    settings: Settings, landing: Landing, report: "LandingReport", named: Mapping[str, AssetKey]
) -> Results:
    folder = settings.paths.lake / "raw" / report.source
    for name, key in named.items():
        table = report.tables[name]
        yield MaterializeResult(
            key,
            metadata={
                "dagster/row_count": table.rows,
                "landed": name not in report.unfinished,
                "rejects": table.rejects,
                "tombstones": table.tombstones,
                "delta_version": table.delta_version,
                "load_id": report.load_id or "nothing new",
                "seconds": round(landing.seconds, 1),
                "path": MetadataValue.path(str(folder / name)),
            },
        )
        yield AssetCheckResult(
            asset_key=key,
            check_name=LANDED,
            passed=not table.variant_columns and name not in report.unfinished,
            severity=AssetCheckSeverity.WARN,
            metadata={
                "rejects": table.rejects,
                "columns_of_changed_type": list(table.variant_columns),
                "stopped": report.used_up if name in report.unfinished else "no",
            },
        )


def _not_landed(settings: Settings, landing: Landing) -> Results:
    """The tables stay as they are, made empty if this was the first run; readers find them."""
    make_tables(settings, landing.source)
    for entity in known_entities(settings, landing.source):
        key = keys.raw(landing.source, entity.name)
        yield MaterializeResult(
            key,
            metadata={
                "landed": False,
                "error": landing.error,
                "seconds": round(landing.seconds, 1),
            },
        )
        yield AssetCheckResult(
            asset_key=key,
            check_name=LANDED,
            passed=False,
            severity=landing.severity,
            metadata={"error": landing.error},
        )


def make_tables(settings: Settings, source: str) -> None:
    """Makes the tables that a source lacks, empty, as far as their columns are known by now."""
    from ingestion.catalog import entities
    from ingestion.changelog import ChangeLog, raw_url

    for entity in entities(source):
        ChangeLog(entity, f"{raw_url(str(settings.paths.lake))}/{source}").ensure()


def _quality(settings: Settings, source: str) -> Iterator[AssetCheckResult]:
    """Of every table with loads that no served release has yet, whichever run landed them."""
    release = current(settings.paths.serving)
    served = release.manifest.get("load_ids", {}) if release else {}
    known = known_entities(settings, source)
    names = {entity.name for entity in known}
    for table in raw_tables(settings.paths.lake, [source]):
        if table.entity not in names:
            continue  # The settings named it once; what it holds stays.
        if is_news(table, served.get(table.name)):
            yield batch_quality(
                keys.raw(source, table.entity),
                entity=table.entity,
                source=source,
                lake_url=str(settings.paths.lake),
                served=served.get(table.name),
                known=known,
            )
