"""What dbt stages of a lake: the current state as everything above staging sees it."""

import json
from collections.abc import Mapping
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

    def difference(self, source: str, entity: Entity, current: pl.DataFrame) -> str | None:
        """How the staged records of an entity differ from `current`, by key and what is staged
        under the vendor's names; None if they do not."""
        name = f"stg_{source}__{entity.name}"
        key = [column for column in self._keys[name] if column != VERSION]
        told = dict(zip((each for each in entity.key if each != VERSION_AT), key, strict=True))
        shared = [
            column
            for column, kind in current.schema.items()
            if column not in {*told, *key} and (kind.is_numeric() or kind.is_temporal())
        ]
        rows = self._newest(name, key)
        shared = [column for column in shared if column in rows.columns]
        staged = rows.select(*(pl.col(column).alias(raw) for raw, column in told.items()), *shared)
        return difference(staged, comparable(current.select(staged.columns)), entity)

    def _newest(self, name: str, key: list[str]) -> pl.DataFrame:
        """The records of a staging table that are not deleted, also if it keeps older versions."""
        with duckdb.connect() as connection:
            warehouse = self._release.directory / "warehouse.duckdb"
            connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
            return connection.execute(
                f"""
                with newest as (
                    from warehouse.staging.{name} qualify row_number() over (
                        partition by {", ".join(key)} order by _version_at desc, _loaded_at desc
                    ) = 1
                )
                from newest where not is_deleted
                """
            ).pl()

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
