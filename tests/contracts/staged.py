"""What dbt stages of a lake: the current state as everything above staging sees it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from ingestion.catalog import source_names
from ingestion.entity import VERSION_AT, Entity
from tests.contracts.vendor_truth import comparable, difference
from tests.integration.dbt_release import LandedLake, Release

# Sources without a vendor's API: nothing is landed of them here.
VENDORLESS = ("path:models/staging/files", "path:models/staging/sql_database")
# In the key of models that keep every version.
VERSION = "version_at"


@dataclass(frozen=True)
class Staged:
    """Staging tables of lakes, which lie side by side in `root`; each build adds what is new."""

    root: Path

    def build(self, lakes: Mapping[str, Path], *, as_of: str) -> None:
        """Stages these lakes: of each source the one that it is landed in."""
        raw = self.root / "lake" / "raw"
        raw.mkdir(parents=True, exist_ok=True)
        for source, lake in lakes.items():
            link = raw / source
            link.unlink(missing_ok=True)
            link.symlink_to(lake / "lake" / "raw" / source)
        left_out = ("--exclude", *VENDORLESS)
        self._release.dbt("run", "--select", "path:models/staging", *left_out, as_of=as_of)

    def differences(self, landed: Iterable[tuple[str, Entity, pl.DataFrame]]) -> list[str]:
        """How staged records differ from those landed, of a source and an entity each: by key and
        by what is staged under the vendor's names."""
        warehouse = self._release.directory / "warehouse.duckdb"
        with duckdb.connect() as connection:
            connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
            told = [
                (source, self._difference(connection, source, entity, current))
                for source, entity, current in landed
            ]
        return [f"{source}: {problem}" for source, problem in told if problem]

    def _difference(
        self, connection: duckdb.DuckDBPyConnection, source: str, entity: Entity, now: pl.DataFrame
    ) -> str | None:
        name = f"stg_{source}__{entity.name}"
        key = [column for column in self._keys[name] if column != VERSION]
        told = dict(zip((each for each in entity.key if each != VERSION_AT), key, strict=True))
        table = f"warehouse.staging.{name}"
        staged_columns = {row[0] for row in connection.execute(f"describe {table}").fetchall()}
        shared = [
            column
            for column, kind in now.schema.items()
            if column in staged_columns - {*told, *key}
            and (kind.is_numeric() or kind.is_temporal())
        ]
        selected = [f'"{column}" as "{raw}"' for raw, column in told.items()]
        staged = connection.execute(
            f"""
            with newest as (
                from {table} qualify row_number() over (
                    partition by {", ".join(key)} order by _version_at desc, _loaded_at desc
                ) = 1
            )
            select {", ".join([*selected, *shared])} from newest where not is_deleted
            """
        ).pl()
        return difference(staged, comparable(now.select(staged.columns)), entity)

    @cached_property
    def _release(self) -> Release:
        lake = LandedLake(self.root / "lake", tuple(source_names()))
        return Release(self.root / "release", lake, self.root / "dbt")

    @cached_property
    def _keys(self) -> dict[str, list[str]]:
        """The unique key of each model."""
        manifest = json.loads((self.root / "dbt" / "target" / "manifest.json").read_text("utf-8"))
        found: dict[str, list[str]] = {}
        for node in manifest["nodes"].values():
            key: Any = node["config"].get("unique_key") or []
            found[node["name"]] = [key] if isinstance(key, str) else list(key)
        return found
