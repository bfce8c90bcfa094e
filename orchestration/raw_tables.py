"""Facts about the raw Delta tables, read from their logs without opening a data file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from ingestion.entity import LOAD_ID, LOADED_AT, REJECTS_SUFFIX

LOG = "_delta_log"


@dataclass(frozen=True)
class RawTable:
    """`rows` counts versions of records, `rejects` the bad rows set aside."""

    source: str
    entity: str
    delta_version: int
    rows: int
    rejects: int
    last_loaded_at: datetime | None
    last_load_id: str | None

    @property
    def name(self) -> str:
        return f"raw/{self.source}/{self.entity}"


def raw_tables(lake: Path, sources: Iterable[str]) -> tuple[RawTable, ...]:
    """What lies in `lake/raw` of the given sources, by name."""
    return tuple(
        _facts(folder, source)
        for source in sources
        for folder in sorted((lake / "raw" / source).glob("*"))
        if not folder.name.endswith(REJECTS_SUFFIX) and (folder / LOG).is_dir()
    )


def is_news(table: RawTable, served: str | None) -> bool:
    """Whether the table has loads after `served`, the newest one that a release holds."""
    return table.last_load_id is not None and (served is None or table.last_load_id > served)


def _facts(folder: Path, source: str) -> RawTable:
    table = DeltaTable(str(folder))
    rejects = folder.with_name(folder.name + REJECTS_SUFFIX)
    return RawTable(
        source,
        folder.name,
        delta_version=table.version(),
        rows=_rows(table),
        rejects=_rows(DeltaTable(str(rejects))) if (rejects / LOG).is_dir() else 0,
        last_loaded_at=_newest(table, LOADED_AT),
        last_load_id=_newest(table, LOAD_ID),
    )


def _rows(table: DeltaTable) -> int:
    actions = table.get_add_actions(flatten=True)
    return sum(count or 0 for count in actions.column("num_records").to_pylist())


def _newest(table: DeltaTable, column: str) -> Any:
    """The largest value of a column; None for an empty table.

    By the files' statistics, and from the column itself where a file has none of it.
    """
    actions = table.get_add_actions(flatten=True)
    if not actions.num_rows:
        return None
    name = f"max.{column}"
    found = actions.column(name).to_pylist() if name in actions.schema.names else [None]
    if None in found:
        found = table.to_pyarrow_table(columns=[column]).column(column).to_pylist()
    return max(filter(None, found), default=None)
