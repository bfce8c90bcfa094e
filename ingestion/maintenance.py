"""Nightly care of the raw Delta tables: dlt and Delta do none by themselves."""

from dataclasses import dataclass

from deltalake import DeltaTable
from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType

from ingestion.changelog import raw_url

TARGET_FILE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class TableCare:
    """What was done to one table."""

    files_before: int
    files_after: int
    files_deleted: int
    delta_version: int


def maintain(lake_url: str, *, retention_hours: int) -> dict[str, TableCare]:
    """Compacts, checkpoints and vacuums all raw tables; gives `<source>/<entity>` → what was done.

    Files that an old version needs are kept for `retention_hours`: time travel and readers of an
    earlier version work for that long. Tables with one file are not rewritten.
    """
    return {
        "/".join(url.rsplit("/", 2)[1:]): _care(url, retention_hours)
        for url in table_urls(raw_url(lake_url))
    }


def table_urls(root: str) -> list[str]:
    """All Delta tables two levels below the root."""
    files, path = FileSystem.from_uri(root)
    return [
        f"{root}/{source.base_name}/{table.base_name}"
        for source in _folders(files, path)
        for table in _folders(files, source.path)
        if files.get_file_info(f"{table.path}/_delta_log").type == FileType.Directory
    ]


def _folders(files: FileSystem, path: str) -> list[FileInfo]:
    found = files.get_file_info(FileSelector(path, allow_not_found=True))
    return sorted(
        (info for info in found if info.type == FileType.Directory), key=lambda info: info.path
    )


def _care(url: str, retention_hours: int) -> TableCare:
    table = DeltaTable(url)
    before = len(table.file_uris())
    if before > 1:
        table.optimize.compact(target_size=TARGET_FILE_BYTES)
    if table.version() > 0:
        table.create_checkpoint()
    table.cleanup_metadata()
    deleted = table.vacuum(
        retention_hours=retention_hours, dry_run=False, enforce_retention_duration=False
    )
    return TableCare(before, len(table.file_uris()), len(deleted), table.version())
