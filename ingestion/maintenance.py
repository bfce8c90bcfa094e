"""Nightly care of Delta tables: neither dlt nor Delta does any by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, WriterProperties
from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType

from ingestion.changelog import zone_url

MIB = 1024 * 1024


@dataclass(frozen=True)
class Tier:
    """Files are merged up to `file_bytes` once there are `at_least` of less than half of it.

    What a night rewrites follows the day's rows and not the table's: mostly the smallest tier only.
    A landing reads the row groups with rows of the last hours: a small group, little to read.
    """

    file_bytes: int
    at_least: int
    row_group: int


TIERS = (Tier(256 * MIB, 16, 65_536), Tier(8 * MIB, 2, 16_384))


@dataclass(frozen=True)
class TableCare:
    """What was done to one table."""

    files_before: int
    files_after: int
    files_deleted: int
    delta_version: int


def maintain(
    lake_url: str, zone: str, *, retention_hours: int, tiers: Sequence[Tier] = TIERS
) -> dict[str, TableCare]:
    """Compacts, checkpoints and vacuums all tables of a zone of the lake, `raw` or `ml`.

    Gives path below the zone, as `hubspot/deals` → what was done.

    `tiers`, the largest first, say which files become one. Files that an old version needs are kept
    for `retention_hours`: time travel and readers of an earlier version work for that long.
    """
    root = zone_url(lake_url, zone)
    files, path = FileSystem.from_uri(root)
    tables = [table.removeprefix(f"{path}/") for table in _tables(files, path)]
    return {table: _care(f"{root}/{table}", retention_hours, tiers) for table in tables}


def _tables(files: FileSystem, path: str) -> Iterator[str]:
    """The folders below the path that are Delta tables, at any depth."""
    for folder in _folders(files, path):
        if files.get_file_info(f"{folder.path}/_delta_log").type == FileType.Directory:
            yield folder.path
        else:
            yield from _tables(files, folder.path)


def _folders(files: FileSystem, path: str) -> list[FileInfo]:
    found = files.get_file_info(FileSelector(path, allow_not_found=True))
    return sorted(
        (info for info in found if info.type == FileType.Directory), key=lambda info: info.path
    )


def _care(url: str, retention_hours: int, tiers: Sequence[Tier]) -> TableCare:
    table = DeltaTable(url)
    before = len(table.file_uris())
    for tier in tiers:
        if _smaller(table, tier.file_bytes // 2) >= tier.at_least:
            groups = WriterProperties(max_row_group_size=tier.row_group)
            table.optimize.compact(target_size=tier.file_bytes, writer_properties=groups)
    if table.version() > 0:
        table.create_checkpoint()
    table.cleanup_metadata()
    deleted = table.vacuum(
        retention_hours=retention_hours, dry_run=False, enforce_retention_duration=False
    )
    return TableCare(before, len(table.file_uris()), len(deleted), table.version())


def _smaller(table: DeltaTable, file_bytes: int) -> int:
    """How many files of the table are smaller."""
    sizes = pa.table(table.get_add_actions(flatten=True)).column("size_bytes")
    return pc.sum(pc.less(sizes, file_bytes)).as_py() or 0
