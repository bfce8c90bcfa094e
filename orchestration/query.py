"""Read the served release, and nothing else: for `revlake sql`, status and reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import RevlakeError
from orchestration.release import Release, current

MEMORY = "2GB"


class NothingServedError(RevlakeError):
    """There is no release yet."""


class QueryError(RevlakeError):
    """The statement was refused or failed; the message is DuckDB's."""


@dataclass(frozen=True)
class Answer:
    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]


def served(serving: Path) -> Release:
    release = current(serving)
    if release is None:
        raise NothingServedError(
            f"no release is served in {serving} yet: `revlake demo`, or `revlake up` and "
            "`revlake refresh nightly`"
        )
    return release


def ask(release: Release, statement: str, parameters: Sequence[object] = ()) -> Answer:
    """Run one statement, read-only: no other file can be read or written, no setting changed.

    Schemas marts, scores and meta are the lakehouse's; those of the warehouse are
    `warehouse.staging`, `warehouse.intermediate` and `warehouse.features`.
    """
    # In memory, since sessions on one file share in one process what is attached and locked.
    with duckdb.connect() as session:
        session.execute(f"set memory_limit = '{MEMORY}'")
        session.execute("set timezone = 'UTC'")
        for name in ("lakehouse", "warehouse"):
            session.execute(f"attach '{release.database(name)}' as {name} (read_only)")
        session.execute("use lakehouse")
        session.execute("set enable_external_access = false")
        session.execute("set lock_configuration = true")
        try:
            cursor = session.execute(statement, list(parameters))
            columns = [column[0] for column in cursor.description or []]
            return Answer(columns, cursor.fetchall())
        except duckdb.Error as error:
            raise QueryError(str(error)) from error
