"""The sources: which are on, how fresh, how much of the vendor's day is used, what is missing."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from orchestration.clock import ClockError, run_clock
from orchestration.errors import RevlakeError
from orchestration.raw_tables import raw_tables
from orchestration.settings import (
    CREDENTIALS_PREFIX,
    SQL_DATABASE,
    Settings,
    connection,
    known_entities,
)

if TYPE_CHECKING:
    from ingestion.budget import DailyBudget, DayState
    from ingestion.probe import Look

IMPORTED_SOURCE = "files"
# A source is stale, and so is the release, when nothing was read to its end for so long.
STALE_AFTER = timedelta(hours=3)


class SourceNotTestableError(RevlakeError):
    """A source that does not exist, or that no vendor stands behind."""


def sources(settings: Settings) -> dict[str, dict[str, Any]]:
    """Each source there is, those that are on first; ready for JSON."""
    from ingestion.catalog import source_names

    now = _now(settings)
    on = settings.sources_on()
    names = [*on, *(name for name in source_names() if name not in on)]
    return {name: _facts(settings, name, is_on=name in on, now=now) for name in names}


def used_up(settings: Settings) -> dict[str, dict[str, str]]:
    """The sources that wait for their vendor's next day: `until` and `why`."""
    now = _now(settings) or datetime.now(UTC)
    states = {name: _day(settings, name, now) for name in settings.sources_on()}
    return {
        name: {"until": state.used_up_until.isoformat(), "why": state.why or ""}
        for name, state in states.items()
        if state.used_up_until is not None
    }


def daily_budget(settings: Settings, source: str) -> "DailyBudget":
    """The source's budget, with the calls a day that the company set for it."""
    from ingestion.catalog import daily_budget as budget_of

    return budget_of(source, settings.sources.daily_calls.get(source))


def looks(settings: Settings, source: str) -> Iterator["Look"]:
    """A first look at each entity of a source."""
    from ingestion.probe import probe

    return probe(
        source,
        connection=connection(settings, source),
        state_dir=settings.paths.dlt,
        clock=run_clock(settings),
        budget=daily_budget(settings, source),
        known=known_entities(settings, source),
    )


def testable(settings: Settings, source: str | None) -> Sequence[str]:
    """The sources to look at: the one that is named, or all that are on."""
    from ingestion.catalog import source_names

    allowed = [name for name in source_names() if name != IMPORTED_SOURCE]
    if source is None:
        return [name for name in settings.sources_on() if name in allowed]
    if source not in allowed:
        raise SourceNotTestableError(f"no source {source!r} to test; allowed: {', '.join(allowed)}")
    return [source]


def _facts(settings: Settings, source: str, *, is_on: bool, now: datetime | None) -> dict[str, Any]:
    from ingestion.catalog import entities
    from ingestion.landing import last_landing

    tables = raw_tables(settings.paths.lake, [source])
    landed = last_landing(settings.paths.dlt, source)
    loaded_at = max(filter(None, (table.last_loaded_at for table in tables)), default=None)
    read_at = loaded_at if source == IMPORTED_SOURCE else landed.complete_at
    age = (now - read_at) if now and read_at and source != IMPORTED_SOURCE else None
    return {
        "is_on": is_on,
        "entities": len(known_entities(settings, source) if is_on else entities(source)),
        "rows": sum(table.rows for table in tables),
        "rejects": sum(table.rejects for table in tables),
        "last_loaded_at": _iso(loaded_at),
        "complete_at": _iso(read_at),
        "age_hours": round(age / timedelta(hours=1), 2) if age is not None else None,
        "stale_after_hours": STALE_AFTER / timedelta(hours=1),
        "is_stale": age is not None and age > STALE_AFTER,
        "unfinished": sorted(landed.unfinished),
        "budget": _budget(settings, source, now or datetime.now(UTC)),
        "to_switch_on": [] if is_on else list(_needed(settings, source)),
    }


def _budget(settings: Settings, source: str, now: datetime) -> dict[str, Any]:
    state = _day(settings, source, now)
    return {
        "calls_today": state.calls,
        "calls_a_day": daily_budget(settings, source).calls,
        "vendor_left": state.left.remaining if state.left else None,
        "vendor_limit": state.left.limit if state.left else None,
        "used_up_until": _iso(state.used_up_until),
        "why": state.why,
    }


def _day(settings: Settings, source: str, now: datetime) -> "DayState":
    from ingestion.budget import day_state
    from ingestion.landing import BUDGET_FOLDER

    folder = settings.paths.dlt / BUDGET_FOLDER
    return day_state(folder, source, daily_budget(settings, source), now)


def _needed(settings: Settings, source: str) -> Iterator[str]:
    """What to do so that a source is landed, in words."""
    if source == IMPORTED_SOURCE:
        yield "revlake import"
        return
    if settings.sources.vendor_mode == "live" or source == SQL_DATABASE:
        yield from (f"{name} in .env" for name in _missing_credentials(source))
    if source == SQL_DATABASE and not settings.sql_database.tables:
        yield f"[[{SQL_DATABASE}.tables]] in revlake.toml"
    yield f'"{source}" in `on` of [sources], revlake.toml'


def _missing_credentials(source: str) -> Iterator[str]:
    from ingestion.catalog import connection_model

    prefix = CREDENTIALS_PREFIX.format(source.upper())
    for name, field in connection_model(source).model_fields.items():
        variable = prefix + name.upper()
        if source == SQL_DATABASE and name != "url":
            continue  # Tables stand in revlake.toml.
        if field.is_required() and not os.environ.get(variable):
            yield variable


def _now(settings: Settings) -> datetime | None:
    """The vendors' time; None when it is the sandbox's and that is not running."""
    try:
        return run_clock(settings)()
    except ClockError:
        return None


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
