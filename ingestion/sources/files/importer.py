"""An import: the files of a directory, as a mapping reads them, into the raw log.

    import_directory(directory, mapping_file, lake_url=…, state_dir=…, clock=…)

Every file is read and checked before anything lands: rows wait in a spool of Parquet files, so that
memory does not grow with the export and a mistake in the last file leaves the log as it was.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from ingestion.changelog import ChangeLog, raw_url
from ingestion.entity import DELETED, INSTANT, LOAD_ID, LOADED_AT, VERSION_AT
from ingestion.feed import Feed, Progress
from ingestion.landing import LandingLocked, LandingReport, land_feeds
from ingestion.lock import LockHeld, exclusive
from ingestion.sources.files.mapping import CheckedMapping, EntityMapping, StageRule, load_mapping
from ingestion.sources.files.settings import ENTITIES, entity
from ingestion.sources.files.shaping import REASON, RECORD, References
from ingestion.sources.files.spool import LookupReport, Spool, spooled

SOURCE = "files"


@dataclass
class ImportReport(LandingReport):
    """Also says what lookups found, and how many rows only repeated another one."""

    lookups: tuple[LookupReport, ...] = ()
    repeated_rows: Mapping[str, int] = field(default_factory=dict)


def import_directory(
    directory: Path,
    mapping_file: Path,
    *,
    lake_url: str,
    state_dir: Path,
    clock: Callable[[], datetime],
    progress: Progress | None = None,
) -> ImportReport:
    """Imports a directory of exports; what is landed already is not landed again.

    Raises MappingError, which names the mapping's line, when the mapping or a file cannot be read,
    and LandingError when the log cannot be written.
    """
    mapping = load_mapping(mapping_file)
    state_dir.mkdir(parents=True, exist_ok=True)
    try:
        with exclusive(state_dir / "import.lock"), _spool_folder(state_dir) as folder:
            spools = _read_all(mapping, directory, folder, lake_url)
            return _land(mapping, spools, lake_url, state_dir, clock, progress)
    except LockHeld as held:
        raise LandingLocked(f"another import is running in process {held.holder}") from None


@contextmanager
def _spool_folder(state_dir: Path) -> Iterator[Path]:
    """A folder for the spool; what a killed import left of its own goes first."""
    folder = state_dir / "import-spool"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _read_all(
    mapping: CheckedMapping, directory: Path, folder: Path, lake_url: str
) -> dict[str, Spool]:
    """Reads every entity, referred ones before those that refer to them."""
    spools: dict[str, Spool] = {}
    for each in mapping.entities:
        spool = spooled(
            each,
            directory,
            folder,
            document=mapping.document,
            stages=mapping.stages,
            references=_references(each, spools, lake_url),
        )
        _refuse_to_empty(mapping, spool, lake_url)
        spools[each.entity] = spool
    return spools


def _refuse_to_empty(mapping: CheckedMapping, spool: Spool, lake_url: str) -> None:
    """An export without rows is an accident far more often than a company without accounts."""
    if not spool.mapping.complete or spool.kept.any():
        return
    if known := landed(lake_url, spool.mapping.entity, ["id"]).height:
        first = spool.mapping.files[0]
        raise mapping.document.error(
            (*first.path, "file"),
            f"'{first.rule.file}' has no rows, and with `complete` that would delete all {known} "
            f"{spool.mapping.entity}; set `complete: false` to import the other files",
        )


def landed(lake_url: str, name: str, columns: list[str]) -> pl.DataFrame:
    """The latest version of every record in the log that is not deleted."""
    url = _log(lake_url, name).url
    if not DeltaTable.is_deltatable(url):
        return pl.DataFrame(entity(name).columns.empty_table()).select(columns)
    asked = list(dict.fromkeys(["id", *columns, VERSION_AT, LOADED_AT, DELETED]))
    frame = pl.DataFrame(DeltaTable(url).to_pyarrow_dataset().to_table(columns=asked))
    latest = frame.sort(VERSION_AT, LOADED_AT).unique("id", keep="last", maintain_order=True)
    return latest.filter(~pl.col(DELETED)).select(columns)


def _log(lake_url: str, name: str) -> ChangeLog:
    return ChangeLog(entity(name), f"{raw_url(lake_url)}/{SOURCE}")


def _references(
    mapping: EntityMapping, spools: Mapping[str, Spool], lake_url: str
) -> dict[str, References]:
    """What the entity's lookups search: this import's rows, and landed ones that it keeps."""
    rules = (rule for each in mapping.files for rule in each.rule.columns.values())
    found: dict[str, References] = {}
    for lookup in {rule.lookup for rule in rules if rule.lookup is not None}:
        referred, column = lookup.split(".")
        spool = spools.get(referred)
        words = landed(lake_url, referred, list(dict.fromkeys(["id", column]))).select(
            "id", pl.col(column).alias("word")
        )
        if spool is not None:
            if spool.mapping.complete:
                words = words.join(spool.rejects, on="id", how="semi")
            mine = spool.words(column)
            words = pl.concat([mine, words.join(mine, on="id", how="anti")])
        counted = words.drop_nulls("word").unique().group_by("word").agg("id")
        single = counted.filter(pl.col("id").list.len() == 1)
        several = counted.filter(pl.col("id").list.len() > 1)
        found[lookup] = References(single["word"], single["id"].list.first(), several["word"])
    return found


def _land(
    mapping: CheckedMapping,
    spools: Mapping[str, Spool],
    lake_url: str,
    state_dir: Path,
    clock: Callable[[], datetime],
    progress: Progress | None,
) -> ImportReport:
    seen_at = clock().astimezone(UTC)

    def feeds() -> Iterator[Feed]:
        if mapping.stages:
            yield _stage_feed(mapping.stages, seen_at)
        for spool in spools.values():
            yield _feed(spool, lake_url, seen_at)

    report = land_feeds(
        SOURCE, feeds, lake_url=lake_url, state_dir=state_dir, clock=clock, progress=progress
    )
    tables = dict(report.tables)
    for each in ENTITIES:
        _log(lake_url, each.name).ensure()
    for name, spool in spools.items():
        rejects = _land_rejects(spool, report, lake_url)
        tables[name] = replace(tables[name], rejects=tables[name].rejects + rejects)
    return ImportReport(
        source=report.source,
        load_id=report.load_id,
        started_at=seen_at,
        finished_at=clock().astimezone(UTC),
        tables=tables,
        quarantined=report.quarantined,
        lookups=tuple(lookup for spool in spools.values() for lookup in spool.lookups),
        repeated_rows={name: spool.repeated_rows for name, spool in spools.items()},
    )


def _feed(spool: Spool, lake_url: str, seen_at: datetime) -> Feed:
    """The spooled rows; of a complete export also the landed state of rows that were rejected, for
    they have not vanished. While some line could not be read, nothing counts as vanished."""

    def read(since: datetime | None) -> Iterable[pa.Table]:
        yield from spool.pages(seen_at)
        if complete and spool.rejects["id"].count():
            yield _landed_of(spool, lake_url)

    complete = spool.mapping.complete and not spool.has_broken_lines
    return Feed(entity=entity(spool.mapping.entity), read=read, complete=complete)


def _landed_of(spool: Spool, lake_url: str) -> pa.Table:
    declared = entity(spool.mapping.entity)
    columns = [*declared.columns.names, VERSION_AT]
    rejected = landed(lake_url, declared.name, columns).join(spool.rejects, on="id", how="semi")
    here = spool.words("id").select("id")
    kept = rejected.join(here, on="id", how="anti")
    schema = pa.schema([*declared.columns, pa.field(VERSION_AT, INSTANT)])
    return kept.to_arrow().cast(schema)


def _stage_feed(stages: tuple[StageRule, ...], seen_at: datetime) -> Feed:
    rows = [
        {
            "id": stage.name,
            "name": stage.name,
            "sort_order": stage.order,
            "probability": stage.probability,
            "forecast_category": stage.forecast_category,
            "is_closed": stage.is_closed,
            "is_won": stage.is_won,
            VERSION_AT: seen_at,
        }
        for stage in stages
    ]
    schema = pa.schema([*entity("stages").columns, pa.field(VERSION_AT, INSTANT)])
    table = pa.Table.from_pylist(rows, schema=schema)
    return Feed(entity=entity("stages"), read=lambda since: [table], complete=True)


def _land_rejects(spool: Spool, report: LandingReport, lake_url: str) -> int:
    """Appends the rejects that are not known yet; gives how many those are."""
    rejects = spool.rejects
    table = pa.table(
        {
            "entity": pa.array([spool.mapping.entity] * rejects.height, pa.string()),
            "reason": rejects[REASON].to_arrow().cast(pa.string()),
            "record": rejects[RECORD].to_arrow().cast(pa.string()),
            LOADED_AT: pa.array([report.started_at] * rejects.height, INSTANT),
            LOAD_ID: pa.array([report.load_id] * rejects.height, pa.string()),
        }
    )
    log = _log(lake_url, spool.mapping.entity)
    fresh = log.new_rejects(table)
    if fresh.num_rows:
        write_deltalake(log.rejects_url, fresh, mode="append")
    return fresh.num_rows
