"""What a night does to the files of a table."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from ingestion.maintenance import TableCare, Tier, maintain


def test_large_files_are_left_until_there_are_many(tmp_path: Path) -> None:
    """A night costs what the day brought; large files are merged once there are many of them."""
    held = tmp_path / "lake" / "raw" / "acme" / "calls"
    tiers = Tier(1_000_000, 5, 65_536), Tier(10_000, 2, 16_384)
    dice = np.random.default_rng(0)

    def write(files: int, size: int) -> set[str]:
        before = set(DeltaTable(held).file_uris()) if held.exists() else set()
        for _ in range(files):
            write_deltalake(held, pa.table({"noise": [dice.bytes(size)]}), mode="append")
        return set(DeltaTable(held).file_uris()) - before

    def night() -> tuple[set[str], TableCare]:
        care = maintain(str(tmp_path / "lake"), "raw", retention_hours=0, tiers=tiers)
        return set(DeltaTable(held).file_uris()), care["acme/calls"]

    large, _ = write(2, size=20_000), write(2, size=20)
    files, care = night()
    assert large < files
    assert (care.files_before, care.files_after, care.files_deleted) == (4, 3, 2)
    large |= write(1, size=20_000)
    assert night()[0] == large | files
    write(1, size=20)
    assert night()[1].files_after == 1
    assert DeltaTable(held).to_pyarrow_table().num_rows == 6
