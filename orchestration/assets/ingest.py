"""`raw/<source>/<entity>`: one step a source, from the vendor's API to the raw change log.

A source that is down fails alone: its assets say so by a failed check, and the run goes on with
what the log already holds.
"""

import time
from collections.abc import Iterator

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    DagsterExecutionInterruptedError,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from orchestration import keys
from orchestration.checks import batch_quality, batch_quality_spec
from orchestration.clock import ClockError, run_clock
from orchestration.raw_tables import raw_tables
from orchestration.release import current
from orchestration.resources import WRITER, WRITER_POOL
from orchestration.settings import Settings, SettingsError, connection

LANDED = "landed"
IMPORTED_SOURCE = "files"

Results = Iterator[MaterializeResult | AssetCheckResult]


def ingest_assets(settings: Settings) -> list[AssetsDefinition | AssetSpec]:
    """The landing step of every source that is on; imported files have none, only their tables."""
    assets: list[AssetsDefinition | AssetSpec] = []
    for source in settings.sources_on():
        if source == IMPORTED_SOURCE:
            assets += imported_specs()
        else:
            assets.append(landing_step(settings, source))
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


def landing_step(settings: Settings, source: str) -> AssetsDefinition:
    from ingestion.catalog import entities

    named = {entity.name: keys.raw(source, entity.name) for entity in entities(source)}
    specs = [
        AssetSpec(
            named[entity.name],
            group_name=keys.group(named[entity.name]),
            description=entity.description,
            kinds={"dlt", "deltalake"},
            tags={"source": source},
        )
        for entity in entities(source)
    ]
    landed_checks = [
        AssetCheckSpec(
            LANDED, asset=key, description="The source answered and its news are landed."
        )
        for key in named.values()
    ]
    quality_checks = [batch_quality_spec(key) for key in named.values()]

    @multi_asset(
        name=f"land_{source}",
        specs=specs,
        check_specs=[*landed_checks, *quality_checks],
        required_resource_keys={WRITER},
        pool=WRITER_POOL,
        description=f"Everything new of {source}, appended to its raw change log.",
    )
    def land_source(context: AssetExecutionContext) -> Results:
        from ingestion.landing import LandingError, land

        lake_url = str(settings.paths.lake)
        began = time.monotonic()
        try:
            report = land(
                source,
                connection=connection(settings, source),
                lake_url=lake_url,
                state_dir=settings.paths.dlt,
                clock=run_clock(settings),
                progress=lambda entity, rows: context.log.debug(f"{entity}: {rows} rows read"),
            )
        except (LandingError, SettingsError, ClockError) as error:
            _raise_if_interrupted(error)
            context.log.error(f"{source} was not landed: {error}")
            yield from _not_landed(settings, source, str(error))
            return
        seconds = round(time.monotonic() - began, 1)
        for name, key in named.items():
            table = report.tables[name]
            yield MaterializeResult(
                key,
                metadata={
                    "dagster/row_count": table.rows,
                    "landed": True,
                    "rejects": table.rejects,
                    "tombstones": table.tombstones,
                    "delta_version": table.delta_version,
                    "load_id": report.load_id or "nothing new",
                    "seconds": seconds,
                    "path": MetadataValue.path(str(settings.paths.lake / "raw" / source / name)),
                },
            )
            yield AssetCheckResult(
                asset_key=key,
                check_name=LANDED,
                passed=not table.variant_columns,
                severity=AssetCheckSeverity.WARN,
                metadata={
                    "rejects": table.rejects,
                    "columns_of_changed_type": list(table.variant_columns),
                },
            )
        yield from _quality(settings, source)

    return land_source


def _raise_if_interrupted(error: BaseException) -> None:
    """A run that is being stopped is no source that is down, though dlt says so of both."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, DagsterExecutionInterruptedError):
            raise inner
        inner = inner.__cause__ or inner.__context__


def _not_landed(settings: Settings, source: str, error: str) -> Results:
    """The tables stay as they are, made empty if this was the first run; readers find them."""
    from ingestion.catalog import entities
    from ingestion.changelog import ChangeLog, raw_url

    for entity in entities(source):
        key = keys.raw(source, entity.name)
        ChangeLog(entity, f"{raw_url(str(settings.paths.lake))}/{source}").ensure()
        yield MaterializeResult(key, metadata={"landed": False, "error": error})
        yield AssetCheckResult(
            asset_key=key,
            check_name=LANDED,
            passed=False,
            severity=AssetCheckSeverity.ERROR,
            metadata={"error": error},
        )
    yield from _quality(settings, source)


def _quality(settings: Settings, source: str) -> Iterator[AssetCheckResult]:
    """Of every table what no served release has yet, whichever run landed it."""
    release = current(settings.paths.serving)
    served = release.manifest.get("load_ids", {}) if release else {}
    for table in raw_tables(settings.paths.lake, [source]):
        yield batch_quality(
            keys.raw(source, table.entity),
            entity=table.entity,
            source=source,
            lake_url=str(settings.paths.lake),
            served=served.get(table.name),
            newest=table.last_load_id,
        )
