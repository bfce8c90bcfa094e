"""Nightly care of Delta tables: neither dlt nor Delta does any by itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from deltalake import DeltaTable, WriterProperties
from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType

from ingestion.changelog import zone_url

TARGET_FILE_BYTES = 256 * 1024 * 1024
# A landing reads the groups with rows of the last hours: few rows beside them, little to read.
ROW_GROUPS = WriterProperties(max_row_group_size=65_536)


@dataclass(frozen=True)
class TableCare:
    """What was done to one table."""

    files_before: int
    files_after: int
    files_deleted: int
    delta_version: int


def maintain(lake_url: str, zone: str, *, retention_hours: int) -> dict[str, TableCare]:
    """Compacts, checkpoints and vacuums all tables of a zone of the lake, `raw` or `ml`.

    Gives path below the zone, as `hubspot/deals` → what was done.

    Files that an old version needs are kept for `retention_hours`: time travel and readers of an
    earlier version work for that long. Tables with one file are not rewritten.
    """
    root = zone_url(lake_url, zone)
    files, path = FileSystem.from_uri(root)
    tables = [table.removeprefix(f"{path}/") for table in _tables(files, path)]
    return {table: _care(f"{root}/{table}", retention_hours) for table in tables}


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


def _care(url: str, retention_hours: int) -> TableCare:
    table = DeltaTable(url)
    before = len(table.file_uris())
    if before > 1:
        table.optimize.compact(target_size=TARGET_FILE_BYTES, writer_properties=ROW_GROUPS)
    if table.version() > 0:
        table.create_checkpoint()
    table.cleanup_metadata()
    deleted = table.vacuum(
        retention_hours=retention_hours, dry_run=False, enforce_retention_duration=False
    )
    return TableCare(before, len(table.file_uris()), len(deleted), table.version())
