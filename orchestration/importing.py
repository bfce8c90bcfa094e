"""`revlake import`: files into the raw log, then a refresh, then what did not match."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from orchestration import keys
from orchestration.clock import ClockError, run_clock
from orchestration.console import shown_refresh, waiting
from orchestration.dagster_home import instance
from orchestration.errors import RevlakeError
from orchestration.query import ask, served
from orchestration.settings import Settings
from orchestration.writer_lock import writing

if TYPE_CHECKING:
    from ingestion.sources.files.importer import ImportReport
    from ingestion.sources.files.spool import LookupReport

SHOWN_WORDS = 5
WAIT_SECONDS = 30.0
# Imported rows that found no owner or account; nothing is dropped for it, it only shows nowhere.
UNMATCHED = """
select 'opportunities without an account' as what, count(*) as row_count
from marts.fct_opportunities where source = 'files' and account_key is null
union all
select 'opportunities without an owner', count(*)
from marts.fct_opportunities
left join marts.dim_sales_reps using (sales_rep_key)
where fct_opportunities.source = 'files' and coalesce(rep_name, 'Unassigned') = 'Unassigned'
union all
select 'opportunities without a known stage', count(*)
from marts.fct_opportunities where source = 'files' and stage_key is null
union all
select 'leads without an owner', count(*)
from marts.fct_leads
left join marts.dim_sales_reps using (sales_rep_key)
where fct_leads.source = 'files' and coalesce(rep_name, 'Unassigned') = 'Unassigned'
"""


class ImportFailedError(RevlakeError):
    """Nothing was imported; the message names file, line and what is allowed."""


def import_and_refresh(
    settings: Settings, console: Console, *, directory: Path, mapping: Path
) -> None:
    """Land the directory, refresh, and print what was read, rejected and not matched."""
    if not directory.is_dir():
        raise ImportFailedError(f"{directory} is no folder")
    if not mapping.is_file():
        raise ImportFailedError(f"{mapping} does not exist; docs/import.md says how to write one")
    settings.paths.create()
    with waiting(console, f"reading {directory}"):
        report = _import(settings, directory, mapping)
    console.print(_landed(report))
    for table in _lookups(report):
        console.print(table)
    shown_refresh(console, settings, "hourly")
    console.print(_unmatched(settings))


def _import(settings: Settings, directory: Path, mapping: Path) -> "ImportReport":
    from ingestion.landing import LandingError
    from ingestion.sources.files.importer import import_directory
    from ingestion.sources.files.marked_yaml import MappingError

    with writing(settings.paths.serving, what="revlake import", wait_seconds=WAIT_SECONDS):
        began = time.monotonic()
        try:
            report = import_directory(
                directory,
                mapping,
                lake_url=str(settings.paths.lake),
                state_dir=settings.paths.dlt,
                clock=_clock(settings),
            )
        except (MappingError, LandingError) as error:
            raise ImportFailedError(str(error)) from error
        _tell_dagster(settings, report, seconds=time.monotonic() - began)
        return report


def _clock(settings: Settings) -> Callable[[], datetime]:
    """The run's clock; ours when the sandbox is not up, for files need no vendor."""
    clock = run_clock(settings)
    try:
        clock()
    except ClockError:
        return lambda: datetime.now(UTC)
    return clock


def _tell_dagster(settings: Settings, report: "ImportReport", *, seconds: float) -> None:
    """An import is no step of a job, yet its tables are assets with a history in Dagster."""
    from dagster import AssetMaterialization

    with instance(settings) as dagster:
        for entity, table in report.tables.items():
            dagster.report_runless_asset_event(
                AssetMaterialization(
                    keys.raw("files", entity),
                    metadata={
                        "dagster/row_count": table.rows,
                        "rejects": table.rejects,
                        "tombstones": table.tombstones,
                        "delta_version": table.delta_version,
                        "seconds": round(seconds, 1),
                    },
                )
            )


def _landed(report: "ImportReport") -> Table:
    table = Table(
        "entity", "new rows", "rejects", "deleted", title="Imported", title_justify="left"
    )
    for entity, facts in report.tables.items():
        table.add_row(entity, f"{facts.rows:,}", f"{facts.rejects:,}", f"{facts.tombstones:,}")
    return table


def _lookups(report: "ImportReport") -> list[Table]:
    if not report.lookups:
        return []
    table = Table(
        "column",
        "refers to",
        "matched",
        "by alias",
        "not matched",
        "such as",
        title="References",
        title_justify="left",
    )
    for lookup in report.lookups:
        words = {**lookup.unmatched, **lookup.ambiguous}
        table.add_row(
            f"{lookup.entity}.{lookup.column}",
            lookup.refers_to,
            f"{lookup.matched_rows:,}",
            _by_alias(lookup),
            f"{lookup.unmatched_rows + lookup.ambiguous_rows:,}",
            ", ".join(list(words)[:SHOWN_WORDS]),
        )
    return [table]


def _by_alias(lookup: "LookupReport") -> str:
    words = ", ".join(list(lookup.aliased)[:SHOWN_WORDS])
    return f"{lookup.aliased_rows:,}" + (f" ({words})" if words else "")


def _unmatched(settings: Settings) -> Table:
    table = Table("in the marts", "rows", title="Not matched", title_justify="left")
    for what, rows in ask(served(settings.paths.serving), UNMATCHED).rows:
        table.add_row(what, f"{rows:,}")
    return table
