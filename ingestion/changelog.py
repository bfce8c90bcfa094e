"""The raw change log in Delta: tables are created here, read back here, and kept in shape here.

The log is its own memory. Whether a record is news is decided by what the log holds, never by what
some state file says was landed; so a run that was killed anywhere and starts again appends exactly
what is missing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from urllib.parse import urlparse

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable
from deltalake import Schema as DeltaSchema

from ingestion.entity import (
    DELETED,
    LOADED_AT,
    META_COLUMNS,
    REJECT_COLUMNS,
    VARIANT_SUFFIX,
    VERSION_AT,
    Entity,
)

TABLE_PROPERTIES = {
    "delta.enableDeletionVectors": "false",
    "delta.checkpointInterval": "20",
    "delta.logRetentionDuration": "interval 30 days",
}
RAW_FOLDER = "raw"


def raw_url(lake_url: str) -> str:
    """The URL of the raw zone; a local path becomes a `file://` URL."""
    return zone_url(lake_url, RAW_FOLDER)


def zone_url(lake_url: str, zone: str) -> str:
    """The URL of a folder of the lake."""
    root = lake_url if urlparse(lake_url).scheme else Path(lake_url).absolute().as_uri()
    return f"{root.rstrip('/')}/{zone}"


def ensure_table(url: str, schema: pa.Schema, description: str) -> None:
    """Creates the Delta table when there is none, so that a reader never meets a missing table."""
    if not DeltaTable.is_deltatable(url):
        # Delta keeps statistics of the first 32 columns; ours about loads are a table's last ones.
        looked_up = ",".join(name for name in META_COLUMNS.names if name in schema.names)
        DeltaTable.create(
            url,
            schema=schema,
            mode="ignore",
            description=description,
            configuration={**TABLE_PROPERTIES, "delta.dataSkippingStatsColumns": looked_up},
        )


def _as_held(columns: pa.Schema, held: pa.Schema) -> pa.Schema:
    """The columns in the types that the log began with."""
    types = {field.name: field.type for field in held}
    return pa.schema([field.with_type(types.get(field.name, field.type)) for field in columns])


class ChangeLog:
    """One entity's log and what this run has added to it."""

    def __init__(self, entity: Entity, source_url: str) -> None:
        self.entity = entity
        self.url = f"{source_url}/{entity.name}"
        self.rejects_url = f"{source_url}/{entity.rejects_name}"
        self._known = pl.Series("known", [], pl.UInt64)
        self._since: datetime | None = None
        self._latest_version: pl.DataFrame | None = None
        self._tombstones: pl.DataFrame | None = None
        self._came_back_prints = pl.Series("known", [], pl.UInt64)
        self._known_rejects: pl.Series | None = None

    @cached_property
    def _table(self) -> DeltaTable:
        """The table as it was when first looked at: nobody else writes while a landing goes on."""
        return DeltaTable(self.url)

    @cached_property
    def is_there(self) -> bool:
        """Whether both tables were there when first asked."""
        return DeltaTable.is_deltatable(self.url) and DeltaTable.is_deltatable(self.rejects_url)

    def ensure(self) -> None:
        """Creates the entity's table and its rejects table, and the columns that a table lacks."""
        if not self.is_there:
            about = f"Records of {self.entity.name} that did not fit."
            ensure_table(self.url, self.entity.table_schema, self.entity.description)
            ensure_table(self.rejects_url, REJECT_COLUMNS, about)
        held = pa.schema(self._table.schema().to_arrow())
        if new := [field for field in self.entity.columns if field.name not in held.names]:
            self._table.alter.add_columns(DeltaSchema.from_arrow(pa.schema(new)).fields)
        self.entity = replace(self.entity, columns=_as_held(self.entity.columns, held))

    def version(self) -> int:
        """The Delta version a reader sees now."""
        self._table.update_incremental()
        return self._table.version()

    def is_empty(self) -> bool:
        """True when nothing was landed: then a cursor, wherever it comes from, means nothing."""
        return not self._table.file_uris()

    def open(self, since: datetime | None) -> None:
        """Recalls what news is compared with: see `Entity.memory`.

        Without `since` everything there is comes: it is compared with each record's latest version,
        so that a record that went back to an earlier one, under the same date, is news.
        """
        memory = self.entity.memory
        where = None
        if memory == "overlap" and since is not None:
            where = pl.col(VERSION_AT) >= since
            self._since = since
        rows = self._read(where)
        if rows.height and (memory == "latest" or (memory == "overlap" and since is None)):
            rows = rows.sort(VERSION_AT, LOADED_AT).unique(
                self.entity.key, keep="last", maintain_order=True
            )
        if memory == "latest" and rows.height:
            self._latest_version = rows.select(*self.entity.key, VERSION_AT, DELETED)
            rows = rows.filter(~pl.col(DELETED))
        self._known = self._fingerprints(rows)

    def news(self, table: pa.Table, *, is_present: bool = False) -> pa.Table:
        """The rows the log does not hold yet; they count as held from now on.

        A tombstone of a record that is already deleted is not news. `is_present`: the rows are what
        the records are now, so one that the log holds as deleted has come back.
        """
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        self._recall_older(frame)
        prints = self._fingerprints(frame)
        fresh = ~prints.is_in(self._known.implode())
        if is_present:
            back = self._came_back(frame) & ~prints.is_in(self._came_back_prints.implode())
            self._came_back_prints = pl.concat([self._came_back_prints, prints.filter(back)])
            fresh |= back
        tombstones = fresh & frame[DELETED]
        if tombstones.any() and self.entity.memory != "latest":
            fresh &= ~(tombstones & self._is_deleted(frame, frame.filter(tombstones)))
        if not fresh.any():
            return table.slice(0, 0)
        self._known = pl.concat([self._known, prints.filter(fresh)])
        table = table.filter(fresh.to_arrow())
        if self.entity.memory == "latest":
            return self._after_the_latest(table, self._latest_version)
        return self._after_the_latest(table, self._tombstones) if is_present else table

    def vanished(self, seen: pl.DataFrame, at: datetime, part: Mapping[str, str]) -> pa.Table:
        """Tombstones for keys the log has and a complete read (`seen`, key columns) has not.

        `part` limits that to the records whose columns have these values.
        """
        schema = self.entity.table_schema
        latest = self._latest(list(part))
        alive = latest.filter(~pl.col(DELETED), **part)
        keys = alive.join(seen.unique(), on=list(self.entity.key), how="anti")
        gone = [
            {
                **{key: row[key] for key in self.entity.key},
                VERSION_AT: at,
                LOADED_AT: at,
                DELETED: True,
            }
            for row in keys.to_dicts()
        ]
        landed = pa.schema([field for field in schema if field.name != "_dlt_load_id"])
        table = pa.Table.from_pylist(gone, schema=landed)
        return self._after_the_latest(table, latest) if gone else table

    def new_rejects(self, rejects: pa.Table) -> pa.Table:
        """The rejects that were not reported before: an overlap reads bad records again, too."""
        if not rejects.num_rows:
            return rejects
        if self._known_rejects is None:
            held = pl.scan_delta(self.rejects_url).select("reason", "record").collect()
            self._known_rejects = held.hash_rows(seed=7).alias("known")
        frame = pl.from_arrow(rejects.select(["reason", "record"]))
        assert isinstance(frame, pl.DataFrame)
        prints = frame.hash_rows(seed=7).alias("known")
        fresh = ~prints.is_in(self._known_rejects.implode()) & prints.is_first_distinct()
        self._known_rejects = pl.concat([self._known_rejects, prints.filter(fresh)])
        return rejects.filter(fresh.to_arrow())

    def _read(self, where: pl.Expr | None, columns: list[str] | None = None) -> pl.DataFrame:
        """Read by polars: its reader has no Python file system under C++ threads, which can abort
        the interpreter as it exits."""
        scan = pl.scan_delta(self._table)
        scan = scan if where is None else scan.filter(where)
        return (scan if columns is None else scan.select(columns)).collect()

    def _fingerprints(self, frame: pl.DataFrame) -> pl.Series:
        """One hash a row over what the vendor said; variant columns count where they are filled."""
        names = list(self.entity.columns.names)
        if self.entity.memory != "latest":
            names += [VERSION_AT, DELETED]
        variants = sorted(name for name in frame.columns if name.endswith(VARIANT_SUFFIX))
        prints = frame.select(names).hash_rows(seed=7)
        for name in variants:
            mixed = pl.DataFrame({"row": prints, "value": frame[name].cast(pl.String)}).hash_rows(7)
            prints = prints.zip_with(frame[name].is_null(), mixed)
        return prints.alias("known")

    def _recall_older(self, frame: pl.DataFrame) -> None:
        """Recalls what is held of records that were brought though they are older than asked for.

        Vendors filter by times of their own, and some not at all.
        """
        if self._since is None:
            return
        key = list(self.entity.key)
        older = frame.filter(pl.col(VERSION_AT) < self._since).select(key).unique()
        if older.height:
            held = self._read(pl.col(VERSION_AT) < self._since).join(older, on=key, how="semi")
            self._known = pl.concat([self._known, self._fingerprints(held)])

    def _came_back(self, frame: pl.DataFrame) -> pl.Series:
        """Which rows are of records that the log holds as deleted; keeps those tombstones."""
        alive = ~frame[DELETED]
        back = alive & self._is_deleted(frame, frame.filter(alive))
        came = frame.filter(back)
        self._tombstones = self._latest([], of=came).filter(DELETED) if came.height else None
        return back

    def _is_deleted(self, frame: pl.DataFrame, among: pl.DataFrame) -> pl.Series:
        """Which rows of the frame are of records `among` these whose latest version is deleted.

        Most were never deleted: to know that, only files with tombstones are read.
        """
        key = list(self.entity.key)
        ever_deleted = self._read(pl.col(DELETED), key).join(among, on=key, how="semi").unique()
        if not ever_deleted.height:
            return pl.repeat(False, frame.height, eager=True)
        gone = self._latest([], of=ever_deleted).filter(DELETED)
        known = gone.select(*key, pl.lit(True).alias("is_known"))
        joined = frame.select(key).join(known, on=key, how="left", maintain_order="left")
        return joined["is_known"].fill_null(False)

    def _latest(self, columns: list[str], of: pl.DataFrame | None = None) -> pl.DataFrame:
        """Key, version, deletion and the given columns of the latest version of every record, or
        of the records `of` these."""
        key = list(self.entity.key)
        wanted = dict.fromkeys([*key, *columns, VERSION_AT, LOADED_AT, DELETED])
        rows = self._read(None, list(wanted))
        rows = rows if of is None else rows.join(of, on=key, how="semi")
        return rows.sort(VERSION_AT, LOADED_AT).unique(key, keep="last", maintain_order=True)

    def _after_the_latest(self, table: pa.Table, latest: pl.DataFrame | None) -> pa.Table:
        """Moves versions that would sort before what the log holds to the time they were seen.

        Snapshots are read without a modification time, or with one that does not move when a record
        comes back; the latest version must be the one seen last.
        """
        if latest is None or not table.num_rows:
            return table
        key = list(self.entity.key)
        frame = pl.from_arrow(table.select([*key, VERSION_AT, LOADED_AT]))
        assert isinstance(frame, pl.DataFrame)
        held = latest.select(*key, pl.col(VERSION_AT).alias("held"))
        joined = frame.join(held, on=key, how="left", maintain_order="left")
        step = pl.duration(microseconds=1)
        moved = joined.select(
            pl.when(pl.col("held").is_null() | (pl.col(VERSION_AT) > pl.col("held")))
            .then(VERSION_AT)
            .otherwise(pl.max_horizontal(LOADED_AT, pl.col("held") + step))
        ).to_series()
        index = table.column_names.index(VERSION_AT)
        field = table.schema.field(VERSION_AT)
        return table.set_column(index, field, moved.to_arrow().cast(field.type))
