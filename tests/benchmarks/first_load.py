"""A first load of a million activities: through a connector, through dlt's default path with dicts,
and as nothing but a Delta write of the same rows, which is the limit.
"""

import csv
import io
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from ingestion.sources.salesforce.settings import BULK_PAGE_ROWS
from tests.benchmarks.activities import EVENT, TASK
from tests.benchmarks.bulk_server import JOBS, served
from tests.benchmarks.measuring import MIB, cost_of, in_process, table, tell

ROWS = 1_000_000
NAMES = {TASK.name: TASK.entity.name, EVENT.name: EVENT.entity.name}
SEEN_AT = datetime(2026, 11, 2, tzinfo=UTC)
WAYS = {
    "connector": "`salesforce`, Bulk API 2.0",
    "dicts": "the same pages as dicts, dlt's default path",
    "raw": "`write_deltalake` of the same rows: the limit",
}


def section() -> str:
    """A table in Markdown: each way in a process of its own, one after another."""
    with tempfile.TemporaryDirectory(prefix="revlake-benchmark-") as root, served(ROWS) as address:
        costs = {way: in_process(__name__, way, address, root) for way in WAYS}
    rows = [
        [
            WAYS[way],
            f"{cost['seconds']:.1f}",
            f"{cost['cpu_seconds']:.1f}",
            f"{ROWS / cost['seconds']:,.0f}",
            f"{costs['dicts']['seconds'] / cost['seconds']:.1f}",
            f"{cost['peak'] / MIB:,.0f}" if way != "raw" else "rows held",
        ]
        for way, cost in costs.items()
    ]
    head = ["way", "seconds", "CPU seconds", "rows/s", "times dlt's default", "peak MiB"]
    return (
        f"{ROWS:,} activities by HTTP from a server in a process of its own, which hands out "
        f"pages of {BULK_PAGE_ROWS:,} rows made beforehand.\n\n" + table(head, rows)
    )


def connector(address: str, root: Path) -> None:
    from ingestion.catalog import connection_model
    from ingestion.landing import land

    connection = connection_model("salesforce")(
        base_url=address, client_id="benchmark", client_secret="benchmark"
    )
    tell(
        cost_of(
            lambda: land(
                "salesforce",
                connection=connection,
                lake_url=str(root / "lake"),
                state_dir=root / "state",
                clock=lambda: SEEN_AT,
            )
        )
    )
    _check(root / "lake" / "raw" / "salesforce")


def dicts(address: str, root: Path) -> None:
    import dlt

    def rows(name: str) -> Iterator[list[dict[str, Any]]]:
        for page in _pages(address, name):
            yield list(csv.DictReader(io.StringIO(page)))

    pipeline = dlt.pipeline(
        "plain",
        pipelines_dir=str(root / "plain-state"),
        destination=dlt.destinations.filesystem(bucket_url=(root / "plain").as_uri()),
        dataset_name="plain",
    )
    resources = [
        dlt.resource(rows(name), name=table, table_format="delta") for name, table in NAMES.items()
    ]
    tell(cost_of(lambda: pipeline.run(resources)))
    _check(root / "plain" / "plain")


def raw(address: str, root: Path) -> None:
    """The rows that the connector landed, from memory."""
    from deltalake import DeltaTable, write_deltalake

    landed = {
        name: DeltaTable(str(root / "lake" / "raw" / "salesforce" / name)).to_pyarrow_table()
        for name in NAMES.values()
    }

    def write() -> None:
        for name, rows in landed.items():
            write_deltalake(str(root / "raw" / name), rows)

    tell(cost_of(write))
    _check(root / "raw")


def _pages(address: str, name: str) -> Iterator[str]:
    locator = "0"
    while locator != "null":
        answer = requests.get(f"{address}{JOBS}/{name}/results?locator={locator}", timeout=60)
        answer.raise_for_status()
        locator = answer.headers["Sforce-Locator"]
        yield answer.content.decode()


def _check(folder: Path) -> None:
    from deltalake import DeltaTable

    found = sum(DeltaTable(str(folder / name)).count() for name in NAMES.values())
    if found != ROWS:
        raise RuntimeError(f"{found} rows in {folder}, not {ROWS}")


def main(way: str, address: str, root: str) -> None:
    {"connector": connector, "dicts": dicts, "raw": raw}[way](address, Path(root))


if __name__ == "__main__":
    main(*sys.argv[1:])
