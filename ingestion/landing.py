"""From a vendor to the raw change log: one dlt pipeline a source, one package a run.

    land(source, connection=…, lake_url=…, state_dir=…, clock=…)

A run takes the source's lock, throws away what a killed run left behind (the log itself tells the
next one what is missing), reads news from every feed and appends them. A package that cannot be
loaded is copied to `state_dir/quarantine`, aborted, and the run is tried once more from the vendor.
When the vendor's calls of the day are used up, what was read by then is landed, and the report says
which entities did not come to their end; the next run after that begins with those that are behind.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from threading import Lock

import dlt
from deltalake.exceptions import DeltaError
from dlt.common.configuration.container import Container
from dlt.common.configuration.providers import CustomLoaderDocProvider
from dlt.common.configuration.specs.config_providers_context import ConfigProvidersContainer
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.common.exceptions import DltException
from dlt.common.runtime.telemetry import stop_telemetry
from dlt.destinations.impl.filesystem.filesystem import FilesystemClient
from dlt.pipeline.exceptions import PipelineStepFailed
from pydantic import BaseModel, SecretStr

from ingestion import conform
from ingestion.budget import DailyBudget, DayMeter
from ingestion.catalog import connection_model, daily_budget, source_names
from ingestion.changelog import ChangeLog, raw_url
from ingestion.feed import AnyFeed, Progress, Tally, resource
from ingestion.http import BudgetUsedUpError, Patience, VendorError, scrub
from ingestion.lock import LockHeld, exclusive
from ingestion.raw_zone import RawZone

logger = logging.getLogger(__name__)

WORKERS = 4
KEPT_PACKAGES = 24
BUDGET_FOLDER = "budget"
PROVIDER = "revlake"
# All that dlt is told: it looks for its settings nowhere else.
DLT_SETTINGS = {
    "runtime": {"dlthub_telemetry": False, "log_level": "ERROR"},
    "extract": {"workers": WORKERS},
    "normalize": {"workers": 1, "parquet_normalizer": {"add_dlt_load_id": True}},
    "load": {
        "workers": WORKERS,
        "delete_completed_jobs": True,
        "raise_on_failed_jobs": True,
        "raise_on_max_retries": 3,
    },
}
_CONFIGURING = Lock()


class LandingError(Exception):
    """A landing failed; the message says where and what to do, without secrets."""


class LandingLocked(LandingError):  # noqa: N818 - reads as the state it reports
    """Another landing of the same source is under way."""


@dataclass(frozen=True)
class TableReport:
    """News in one table; `variant_columns` are columns whose vendor type changed."""

    rows: int
    rejects: int
    tombstones: int
    variant_columns: tuple[str, ...]
    delta_version: int


@dataclass
class LandingReport:
    """What a landing did. `load_id` is None when there was nothing new; `quarantined` is the folder
    of a package that could not be loaded at first.

    `used_up` says that the vendor's calls were used up and until when; `unfinished` are the
    entities that were not read to their end. A source whose first call was one too many has no
    tables here.
    """

    source: str
    load_id: str | None
    started_at: datetime
    finished_at: datetime
    tables: dict[str, TableReport] = field(default_factory=dict)
    quarantined: str | None = None
    used_up: str | None = None
    used_up_until: datetime | None = None
    unfinished: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LastLanding:
    """When a source was last read to its end, and what the last run left unfinished."""

    complete_at: datetime | None = None
    unfinished: frozenset[str] = frozenset()


def land(
    source: str,
    *,
    connection: BaseModel,
    lake_url: str,
    state_dir: Path,
    clock: Callable[[], datetime],
    progress: Progress | None = None,
    patience: Patience | None = None,
    budget: DailyBudget | None = None,
) -> LandingReport:
    """Lands everything new of a source. `progress(entity, rows so far)` may be called from threads.

    `budget` is the source's own unless given; calls are counted in `state_dir`.

    Raises LandingLocked when another process lands this source, LandingError for everything that
    keeps the source from landing; then the log holds either all of a table's batch or none of it,
    and the next run goes on.
    """
    if source not in source_names():
        raise LandingError(f"unknown source {source!r}; known are {', '.join(source_names())}")
    if not isinstance(connection, connection_model(source)):
        wanted = ", ".join(connection_model(source).model_fields)
        raise LandingError(f"{source}: the connection needs the fields {wanted}")
    build = import_module(f"ingestion.sources.{source}").build_source
    # One instant for the whole landing: what it saw belongs together, and a clock may be remote.
    seen_at = clock()
    patience = metered(
        source, patience or Patience(), budget or daily_budget(source), state_dir, seen_at
    )
    return land_feeds(
        source,
        lambda: build(connection, clock=lambda: seen_at, patience=patience),
        lake_url=lake_url,
        state_dir=state_dir,
        clock=clock,
        progress=progress,
        secrets=secrets_of(connection),
        code=code_of(source),
    )


def code_of(source: str) -> str:
    """Stands for the code that decides what a source's records are and which of them fit."""
    folder = Path(str(import_module(f"ingestion.sources.{source}").__file__)).parent
    files = [*sorted(folder.rglob("*.py")), Path(conform.__file__)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def metered(
    source: str, patience: Patience, budget: DailyBudget, state_dir: Path, seen_at: datetime
) -> Patience:
    """The patience, with calls counted from `seen_at` on as time goes by."""
    began = patience.now()

    def now() -> datetime:
        return seen_at + timedelta(seconds=patience.now() - began)

    return replace(patience, meter=DayMeter(source, budget, state_dir / BUDGET_FOLDER, now))


def land_feeds(
    source: str,
    feeds: Callable[[], Iterable[AnyFeed]],
    *,
    lake_url: str,
    state_dir: Path,
    clock: Callable[[], datetime],
    progress: Progress | None = None,
    secrets: tuple[str, ...] = (),
    code: str = "",
) -> LandingReport:
    """Lands feeds as a source; `feeds` is called again when a load has to be repeated.

    `code` stands for the code of the feeds: what another one set aside is read once more.
    """
    try:
        with exclusive(state_dir / f"{source}.lock"):
            return _land(source, feeds, lake_url, state_dir, clock, progress, code)
    except LockHeld as held:
        raise LandingLocked(
            f"{source}: another landing is running in process {held.holder or 'unknown'}; "
            "wait for it to end, or stop it"
        ) from None
    except (DltException, DeltaError, VendorError, OSError) as error:
        why = _cause(error).removeprefix(f"{source}: ")
        raise LandingError(scrub(f"{source}: {why}", secrets)) from None


def _land(
    source: str,
    feeds: Callable[[], Iterable[AnyFeed]],
    lake_url: str,
    state_dir: Path,
    clock: Callable[[], datetime],
    progress: Progress | None,
    code: str,
) -> LandingReport:
    started_at = clock().astimezone(UTC)
    pipeline = _pipeline(source, lake_url, state_dir)
    quarantined: Path | None = None
    used_up: BudgetUsedUpError | None = None
    load_id: str | None = None
    if pipeline.has_pending_data:
        pipeline.abort_packages()
    for last_try in (False, True):
        tallies: dict[str, Tally] = {}
        logs: dict[str, ChangeLog] = {}
        try:
            behind = last_landing(state_dir, source).unfinished
            ordered = sorted(feeds(), key=lambda feed: feed.entity.name not in behind)
            load_id = _run(
                pipeline, source, ordered, lake_url, logs, tallies, started_at, progress, code
            )
            used_up = next((tally.stopped for tally in tallies.values() if tally.stopped), None)
            break
        except BudgetUsedUpError as error:
            used_up, tallies = error, {}
            break
        except PipelineStepFailed as failure:
            if failure.step == "extract":
                if pipeline.has_pending_data:
                    pipeline.abort_packages()
                raise
            quarantined = _quarantine(pipeline, state_dir)
            pipeline.abort_packages()
            logger.error("%s: package set aside in %s: %s", source, quarantined, _cause(failure))
            if last_try:
                raise LandingError(
                    f"{source}: a package could not be loaded twice; copy in {quarantined}: "
                    f"{_cause(failure)}"
                ) from failure
    report = LandingReport(
        source=source,
        load_id=load_id,
        started_at=started_at,
        finished_at=clock().astimezone(UTC),
        tables={
            name: TableReport(
                rows=tally.rows,
                rejects=tally.rejects,
                tombstones=tally.tombstones,
                variant_columns=tuple(sorted(tally.variant_columns)),
                delta_version=logs[name].version(),
            )
            for name, tally in tallies.items()
        },
        quarantined=str(quarantined) if quarantined else None,
        used_up=str(used_up) if used_up else None,
        used_up_until=used_up.until if used_up else None,
        unfinished=frozenset(name for name, tally in tallies.items() if tally.stopped),
    )
    _remember(state_dir, report)
    return report


def last_landing(state_dir: Path, source: str) -> LastLanding:
    """What the landings of a source so far left to know."""
    file = _landing_file(state_dir, source)
    if not file.exists():
        return LastLanding()
    held = json.loads(file.read_text(encoding="utf-8"))
    complete_at = held["complete_at"] and datetime.fromisoformat(held["complete_at"])
    return LastLanding(complete_at, frozenset(held["unfinished"]))


def _remember(state_dir: Path, report: LandingReport) -> None:
    """A landing that came to its end; of one that did not, what is missing."""
    before = last_landing(state_dir, report.source)
    complete_at = before.complete_at if report.used_up else report.started_at
    unfinished = report.unfinished or (before.unfinished if report.used_up else frozenset())
    file = _landing_file(state_dir, report.source)
    file.parent.mkdir(exist_ok=True)
    held = {
        "complete_at": complete_at.isoformat() if complete_at else None,
        "unfinished": sorted(unfinished),
    }
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(held), encoding="utf-8")
    partial.replace(file)


def _landing_file(state_dir: Path, source: str) -> Path:
    return state_dir / "landings" / f"{source}.json"


def _run(
    pipeline: dlt.Pipeline,
    source: str,
    feeds: Iterable[AnyFeed],
    lake_url: str,
    logs: dict[str, ChangeLog],
    tallies: dict[str, Tally],
    now: datetime,
    progress: Progress | None,
    code: str,
) -> str | None:
    """Extracts, normalizes and loads; gives the load id, None when nothing was new."""
    asked = {feed.entity.name: feed for feed in feeds}
    for name, feed in asked.items():
        logs[name] = ChangeLog(feed.entity, f"{raw_url(lake_url)}/{source}")
        tallies[name] = Tally()
    if not all(log.is_there for log in logs.values()):
        _prepare_folder(pipeline)
    resources = []
    for name, feed in asked.items():
        logs[name].ensure()
        as_held = replace(feed, entity=logs[name].entity)
        resources.append(
            resource(as_held, logs[name], tallies[name], now=now, progress=progress, code=code)
        )
    pipeline.extract(dlt.source(lambda: resources, name=source, max_table_nesting=0)())
    if not pipeline.has_pending_data:
        return None
    pipeline.normalize()
    info = pipeline.load()
    _forget_old_packages(pipeline)
    landed = any(tally.rows or tally.tombstones or tally.rejects for tally in tallies.values())
    return info.loads_ids[-1] if landed else None


def _pipeline(source: str, lake_url: str, state_dir: Path) -> dlt.Pipeline:
    _configure_dlt()
    state_dir.mkdir(parents=True, exist_ok=True)
    pipeline = dlt.pipeline(
        pipeline_name=source,
        pipelines_dir=str(state_dir),
        destination=RawZone(bucket_url=raw_url(lake_url)),
        dataset_name=source,
    )
    if pipeline.first_run:
        _prepare_folder(pipeline)
        pipeline.sync_destination()
    return pipeline


def _configure_dlt() -> None:
    """Gives dlt our settings instead of the environment and files, which it would search for each
    of some hundred values of every table.

    dlt starts when it is imported, with telemetry: it starts anew without.
    """
    with _CONFIGURING:
        pluggable = Container()[PluggableRunContext]
        if PROVIDER in pluggable.providers:
            return
        provider = CustomLoaderDocProvider(PROVIDER, lambda: DLT_SETTINGS)
        pluggable.providers = ConfigProvidersContainer([provider])
        pluggable.context.reset_config()
        stop_telemetry()
        pluggable.initialize_runtime()


def _prepare_folder(pipeline: dlt.Pipeline) -> None:
    """Lets dlt set up its folder before our tables are in it: it refuses a folder without its mark.

    A run killed between the two leaves an empty folder, which goes first.
    """
    with pipeline.destination_client() as client:
        assert isinstance(client, FilesystemClient)
        if client.fs_client.isdir(client.dataset_path) and not client.is_storage_initialized():
            client.fs_client.rmdir(client.dataset_path)
        client.initialize_storage()


def _forget_old_packages(pipeline: dlt.Pipeline) -> None:
    """dlt keeps the record of every load for ever; hourly runs need only the last few."""
    loaded = Path(pipeline.working_dir) / "load" / "loaded"
    for package in sorted(loaded.iterdir())[:-KEPT_PACKAGES]:
        shutil.rmtree(package)


def _quarantine(pipeline: dlt.Pipeline, state_dir: Path) -> Path:
    """Copies the pending packages aside; gives the folder."""
    folder = state_dir / "quarantine" / pipeline.pipeline_name
    for area in ("normalize", "load"):
        for package in sorted((Path(pipeline.working_dir) / area).rglob("load_package_state.json")):
            if "loaded" not in package.parts and "completed" not in package.parts:
                shutil.copytree(package.parent, folder / package.parent.name, dirs_exist_ok=True)
    return folder


def _cause(error: BaseException) -> str:
    """The first VendorError in the chain of causes, else the innermost error."""
    current: BaseException = error
    while not isinstance(current, VendorError):
        deeper = current.__cause__ or current.__context__
        if deeper is None:
            break
        current = deeper
    return str(current) or type(current).__name__


def secrets_of(connection: BaseModel) -> tuple[str, ...]:
    values = (getattr(connection, name) for name in type(connection).model_fields)
    return tuple(value.get_secret_value() for value in values if isinstance(value, SecretStr))
