"""Facts about the raw Delta tables, read from their logs without opening a data file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from deltalake import DeltaTable

from ingestion.entity import LOADED_AT, REJECTS_SUFFIX

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


def _facts(folder: Path, source: str) -> RawTable:
    version, rows, last = _log(folder)
    rejects = folder.with_name(folder.name + REJECTS_SUFFIX)
    rejected = _log(rejects)[1] if (rejects / LOG).is_dir() else 0
    return RawTable(source, folder.name, version, rows, rejected, last)


def _log(folder: Path) -> tuple[int, int, datetime | None]:
    table = DeltaTable(str(folder))
    actions = table.get_add_actions(flatten=True)
    names = actions.schema.names
    rows = sum(count or 0 for count in actions.column("num_records").to_pylist())
    if f"max.{LOADED_AT}" not in names or not rows:
        return table.version(), rows, None
    stamps = [stamp for stamp in actions.column(f"max.{LOADED_AT}").to_pylist() if stamp]
    return table.version(), rows, max(stamps, default=None)
