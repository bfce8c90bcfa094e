"""Facts about raw tables come from the Delta log, whatever it keeps statistics of."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from ingestion.changelog import ensure_table
from ingestion.entity import META_COLUMNS
from orchestration.raw_tables import raw_tables

# Delta keeps statistics of the first 32 columns unless it is told otherwise.
WIDE = pa.schema([*(pa.field(f"column_{n}", pa.int64()) for n in range(40)), *META_COLUMNS])
SEEN = datetime(2026, 11, 1, tzinfo=UTC)


def rows(load_id: str) -> pa.Table:
    row = {name: n for n, name in enumerate(WIDE.names[:40])}
    meta = {"_version_at": SEEN, "_loaded_at": SEEN, "_deleted": False, "_dlt_load_id": load_id}
    return pa.Table.from_pylist([row | meta], schema=WIDE)


@pytest.mark.parametrize("made_by_us", [True, False], ids=["ours", "without our statistics"])
def test_the_newest_load_of_a_wide_table_is_known(tmp_path: Path, made_by_us: bool) -> None:
    url = tmp_path / "raw" / "dynamics" / "opportunities"
    if made_by_us:
        ensure_table(str(url), WIDE, "wide")
        assert raw_tables(tmp_path, ["dynamics"])[0].last_load_id is None
    for load_id in ("1795382597.7", "1795386703.4"):
        write_deltalake(str(url), rows(load_id), mode="append")
    statistics = DeltaTable(str(url)).get_add_actions(flatten=True).schema.names
    assert ("max._dlt_load_id" in statistics) is made_by_us
    (table,) = raw_tables(tmp_path, ["dynamics"])
    assert (table.last_load_id, table.last_loaded_at, table.rows) == ("1795386703.4", SEEN, 2)
