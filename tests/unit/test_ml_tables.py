"""The models' Delta tables: one set of rows an instant, and care at night that loses nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from ingestion.maintenance import maintain
from orchestration.ml_tables import append_at, ensure, read, replace, row_count

SCHEMA = pl.Schema(
    {"lead_key": pl.String(), "score": pl.Int64(), "scored_at": pl.Datetime("us", "UTC")}
)
NIGHT = datetime(2026, 11, 18, 3, tzinfo=UTC)


def scores(hour: int, *values: int) -> pl.DataFrame:
    at = NIGHT + timedelta(hours=hour)
    rows = [(f"l{number}", value, at) for number, value in enumerate(values)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def test_a_step_that_runs_again_leaves_one_set_of_rows(tmp_path: Path) -> None:
    ensure(tmp_path, SCHEMA)
    append_at(tmp_path, scores(0, 1, 2), instant="scored_at")
    append_at(tmp_path, scores(1, 3), instant="scored_at")
    append_at(tmp_path, scores(1, 4, 5), instant="scored_at")
    assert read(tmp_path).sort("score").get_column("score").to_list() == [1, 2, 4, 5]


def test_care_leaves_one_file_a_table_at_any_depth_and_every_row(tmp_path: Path) -> None:
    ledger = tmp_path / "ml" / "lead_scoring" / "predictions"
    frames = tmp_path / "ml" / "lead_scoring" / "training_set" / "rows"
    ensure(ledger, SCHEMA)
    for hour in range(3):
        append_at(ledger, scores(hour, hour, 10 + hour), instant="scored_at")
        replace(frames, scores(hour, hour))
    before = read(ledger).sort("score")
    care = maintain(str(tmp_path), "ml", retention_hours=0)
    assert set(care) == {"lead_scoring/predictions", "lead_scoring/training_set/rows"}
    assert (care["lead_scoring/predictions"].files_before, row_count(ledger)) == (3, 6)
    assert len(list(ledger.glob("*.parquet"))) == len(list(frames.glob("*.parquet"))) == 1
    assert read(ledger).sort("score").equals(before)
    assert read(frames).equals(scores(2, 2))
    append_at(ledger, scores(3, 9), instant="scored_at")
    assert row_count(ledger) == 7
