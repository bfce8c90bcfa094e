"""Landing 10,000 changes in a small log and in a large one: what it costs must follow the changes.

Each log begins with a landing of ours, goes on with a history that is written directly in the same
layout, and ends with another landing and the nightly maintenance. Every measured process then lands
hour after hour: the first hour meets files that the night rewrote, the others those of the hour
before.
"""

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from ingestion.changelog import raw_url
from ingestion.conform import conform
from ingestion.entity import DELETED, LOAD_ID, VERSION_AT, Page
from ingestion.feed import Feed
from ingestion.landing import land_feeds
from ingestion.maintenance import maintain
from tests.benchmarks.activities import TASK, activities, spread
from tests.benchmarks.measuring import MIB, cost_of, in_process, table, tell

SIZES = (10_000, 10_000_000)
CHANGES, NEW, DELETED_ONES = 10_000, 4_000, 200
ROUNDS, HOURS = 3, 3
PAGE_ROWS = 2_000
EDGE_ROWS = 1_000
HISTORY = ("2023-11-01", "2026-11-01")
HISTORY_COMMITS = 5
WRITTEN_AT_ONCE = 250_000
RETENTION_HOURS = 168
SOURCE = "salesforce"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
# Files are read by calls, as a bucket's objects are, and not mapped into memory: all bytes count.
COUNTED = {"POLARS_FORCE_ASYNC": "1"}
MEASURES = {
    "seconds": "seconds",
    "cpu_seconds": "CPU seconds",
    "read": "MiB read",
    "written": "MiB written",
    "added": "MiB added to the table",
    "peak": "peak MiB",
}


def section() -> str:
    """A table in Markdown: medians over rounds in which the logs take turns."""
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory(prefix="revlake-benchmark-") as root:
        folders = {size: Path(root) / str(size) for size in SIZES}
        for size, folder in folders.items():
            in_process(__name__, "prepare", folder, size)
        for _ in range(ROUNDS):
            for size, folder in folders.items():
                first, *others = in_process(__name__, "measure", folder, size, environment=COUNTED)
                found.setdefault(("hour after hour", size), []).extend(others)
                found.setdefault(("first after the night", size), []).append(first)
    small, large = SIZES
    rows = []
    for when in dict.fromkeys(when for when, _ in found):
        costs = {size: _medians(found[when, size]) for size in SIZES}
        rows += [[when, f"{size:,}", *_cells(costs[size])] for size in SIZES]
        ratios = (costs[large][name] / costs[small][name] for name in MEASURES)
        rows.append([when, "large / small", *(f"{ratio:.2f}" for ratio in ratios)])
    return (
        f"{CHANGES:,} changes of tasks an hour, {NEW:,} of them new records and {DELETED_ONES:,} "
        f"deletions; medians of {ROUNDS} nights and {ROUNDS * (HOURS - 1)} hours, in turns.\n\n"
        + table(["landing", "rows in the log", *MEASURES.values()], rows)
    )


def prepare(folder: Path, size: int) -> None:
    """A log of `size` rows in `folder/kept`, with the state of the landings at its ends."""
    last = np.arange(size - EDGE_ROWS, size)
    _land(folder, _records(np.arange(EDGE_ROWS), spread(EDGE_ROWS, *HISTORY)), NOON)
    _write_history(folder, np.arange(EDGE_ROWS, size - EDGE_ROWS))
    _land(folder, _records(last, spread(EDGE_ROWS, *_hour(0))), _start(1))
    maintain(str(folder / "lake"), "raw", retention_hours=RETENTION_HOURS)
    (folder / "kept").mkdir()
    for part in ("lake", "state"):
        (folder / part).rename(folder / "kept" / part)
    tell(_count(folder / "kept"))


def measure(folder: Path, size: int) -> None:
    """Tells the costs of HOURS landings, one after another."""
    warm = folder / "warm"
    _land(warm, _records(np.arange(EDGE_ROWS), spread(EDGE_ROWS, *_hour(0))), _start(1))
    shutil.rmtree(warm)
    shutil.copytree(folder / "kept" / "lake", folder / "lake", copy_function=os.link)
    shutil.copytree(folder / "kept" / "state", folder / "state")
    told = [_measured(folder, size, hour) for hour in range(1, HOURS + 1)]
    for part in ("lake", "state"):
        shutil.rmtree(folder / part)
    tell(told)


def _measured(folder: Path, size: int, hour: int) -> dict[str, float]:
    rows, bytes_held = _count(folder), _bytes(folder)
    news = _changes(size, hour)
    cost = cost_of(lambda: _land(folder, news, _start(hour + 1)))
    landed = _count(folder) - rows
    if landed != CHANGES:
        raise RuntimeError(f"{landed} rows landed in hour {hour}, not {CHANGES}")
    return {**asdict(cost), "added": _bytes(folder) - bytes_held}


def _changes(size: int, hour: int) -> pl.DataFrame:
    """What changed in the hour after NOON: new records, deleted ones and others of the log.

    No record is deleted twice or changed after its deletion; so every change is a row.
    """
    apart = size // DELETED_ONES
    everyone = np.arange(size)
    others = everyone[everyone % apart > HOURS]
    changed = np.random.default_rng(hour).choice(others, CHANGES - NEW - DELETED_ONES, False)
    deleted = np.arange(DELETED_ONES) * apart + hour
    new = size + hour * NEW + np.arange(NEW)
    numbers = np.random.default_rng(hour).permutation(np.concatenate([changed, deleted, new]))
    gone = np.isin(numbers, deleted)
    return _records(numbers, spread(CHANGES, *_hour(hour)), deleted=gone)


def _records(
    numbers: np.ndarray, changed_at: np.ndarray, deleted: np.ndarray | None = None
) -> pl.DataFrame:
    """Tasks as the connector reads them: text under the names of the lake's columns."""
    gone = np.zeros(len(numbers), bool) if deleted is None else deleted
    told = activities(TASK, numbers, changed_at, deleted=gone)
    return told.select(
        *(pl.col(field).alias(column) for column, field in TASK.fields.items()),
        pl.col("SystemModstamp").alias(VERSION_AT),
        pl.col("IsDeleted").alias(DELETED),
    )


def _land(folder: Path, rows: pl.DataFrame, at: datetime) -> None:
    """Lands the rows that changed since the cursor, from pages of JSON objects."""

    def read(since: datetime | None) -> Iterator[Page]:
        asked = rows if since is None else rows.filter(pl.col(VERSION_AT) >= since.isoformat())
        for page in asked.iter_slices(PAGE_ROWS):
            yield page.to_dicts()

    land_feeds(
        SOURCE,
        lambda: [Feed(TASK.entity, read)],
        lake_url=str(folder / "lake"),
        state_dir=folder / "state",
        clock=lambda: at,
    )


def _write_history(folder: Path, numbers: np.ndarray) -> None:
    """Commits in the order of ids; a tenth of the records changed long after it was made."""
    dice = np.random.default_rng(1)
    made = spread(len(numbers), *HISTORY)
    left = np.datetime64(HISTORY[1], "ms") - made
    waited = np.where(dice.random(len(numbers)) < 0.1, dice.random(len(numbers)), 0.0)
    changed = made + (left * waited).astype("timedelta64[ms]")
    for load, part in enumerate(np.array_split(np.arange(len(numbers)), HISTORY_COMMITS)):
        batches = _batches(numbers[part], changed[part], load_id=f"{load}.0")
        stream = pa.RecordBatchReader.from_batches(TASK.entity.table_schema, batches)
        write_deltalake(_url(folder), stream, mode="append", schema_mode="merge")


def _batches(
    numbers: np.ndarray, changed_at: np.ndarray, *, load_id: str
) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(numbers), WRITTEN_AT_ONCE):
        part = slice(start, start + WRITTEN_AT_ONCE)
        told = _records(numbers[part], changed_at[part]).to_arrow().cast(_text())
        rows = conform(TASK.entity, told, loaded_at=NOON).table
        rows = rows.append_column(LOAD_ID, pa.array([load_id] * rows.num_rows, pa.string()))
        yield from rows.select(TASK.entity.table_schema.names).combine_chunks().to_batches()


def _text() -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in (*TASK.fields, VERSION_AT, DELETED)])


def _hour(number: int) -> tuple[str, str]:
    """When the hour begins and ends; hour 0 begins at NOON."""
    first, last = (_start(each).replace(tzinfo=None).isoformat() for each in (number, number + 1))
    return first, last


def _start(hour: int) -> datetime:
    return NOON + timedelta(hours=hour)


def _url(folder: Path) -> str:
    return f"{raw_url(str(folder / 'lake'))}/{SOURCE}/{TASK.entity.name}"


def _count(folder: Path) -> int:
    return DeltaTable(_url(folder)).count()


def _bytes(folder: Path) -> int:
    """Of the files that a reader of the table opens."""
    actions = pa.table(DeltaTable(_url(folder)).get_add_actions(flatten=True))
    return sum(actions["size_bytes"].to_pylist())


def _medians(costs: list[dict[str, Any]]) -> dict[str, float]:
    return {name: statistics.median(cost[name] for cost in costs) for name in MEASURES}


def _cells(cost: Mapping[str, float]) -> list[str]:
    return [
        f"{cost[name]:.2f}" if "seconds" in name else f"{cost[name] / MIB:.1f}" for name in MEASURES
    ]


def main(what: str, folder: str, size: str) -> None:
    {"prepare": prepare, "measure": measure}[what](Path(folder), int(size))


if __name__ == "__main__":
    main(*sys.argv[1:])
