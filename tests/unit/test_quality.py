"""Landed batches are checked against their entity, and only the load's own rows are read."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable, write_deltalake

from ingestion.catalog import entities, expectations_of, source_names
from ingestion.changelog import ChangeLog, raw_url
from ingestion.entity import LOAD_ID, Entity
from ingestion.quality import Failure, expectations, landed_batch, validate_batch
from tests.paths import PROJECT

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DEAL = {
    "stage_name": "Proposal",
    "is_closed": False,
    "is_won": False,
    "close_date": date(2026, 12, 1),
    "probability": 50.0,
    "amount": 1000.0,
    "forecast_category_name": "Best Case",
    "currency_iso_code": "USD",
}


def entity_of(source: str, name: str) -> Entity:
    return next(each for each in entities(source) if each.name == name)


def batch_of(entity: Entity, rows: list[dict[str, Any]], load_id: str = "1") -> pa.Table:
    """Rows with their meta columns; the key is numbered where a row gives none."""
    names = entity.table_schema.names
    meta = {"_version_at": NOW, "_loaded_at": NOW, "_deleted": False, LOAD_ID: load_id}
    has_number = "id" in names and pa.types.is_integer(entity.table_schema.field("id").type)
    number = int if has_number else "r{}".format
    filled = [
        {**dict.fromkeys(entity.key, None), "id": number(at), **meta, **row}
        for at, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(filled, schema=entity.table_schema)


def deals(*changes: dict[str, Any]) -> pa.Table:
    return batch_of(entity_of("salesforce", "opportunities"), [DEAL | each for each in changes])


def failures_of(*changes: dict[str, Any]) -> list[tuple[str, int, tuple[str, ...], str]]:
    result = validate_batch("salesforce", "opportunities", deals({}, {}, {}, *changes))
    return [(f.column, f.unexpected_count, f.sample, f.severity) for f in result.failures]


def test_a_good_batch_passes() -> None:
    result = validate_batch("salesforce", "opportunities", deals({}, {"amount": None}))
    assert (result.passed, result.severity, result.rows) == (True, None, 2)
    assert result.failures == ()


def test_an_empty_batch_passes() -> None:
    assert validate_batch("salesforce", "opportunities", deals()).passed


@pytest.mark.parametrize(
    ("change", "column", "sample", "severity"),
    [
        ({"id": None}, "id", ("nan",), "error"),
        ({"_version_at": NOW + timedelta(days=3)}, "_version_at", None, "error"),
        ({"probability": 150.0}, "probability", ("150.0",), "error"),
        ({"probability": -1.0}, "probability", ("-1.0",), "error"),
        ({"stage_name": None}, "stage_name", ("r3",), "error"),
        ({"currency_iso_code": "dollars"}, "currency_iso_code", ("dollars",), "error"),
        ({"amount": -5.0}, "amount", ("-5.0",), "warn"),
        ({"forecast_category_name": "Hopeful"}, "forecast_category_name", ("Hopeful",), "warn"),
    ],
)
def test_a_bad_value_fails_with_its_column_and_a_sample(
    change: dict[str, Any], column: str, sample: tuple[str, ...] | None, severity: str
) -> None:
    ((found, count, shown, weight),) = failures_of(change)
    assert (found, count, weight) == (column, 1, severity)
    assert shown == sample or (sample is None and "2026-11-25" in shown[0])


def test_a_version_of_a_record_is_there_once_a_load() -> None:
    ((column, count, _, severity),) = failures_of({"id": "x"}, {"id": "x"})
    assert (column, count, severity) == ("id, _version_at, _deleted, _dlt_load_id", 2, "error")
    assert failures_of({"id": "x"}, {"id": "x", "_version_at": NOW - timedelta(1)}) == []
    assert failures_of({"id": "x"}, {"id": "x", LOAD_ID: "2"}) == []


def test_a_tombstone_needs_only_its_key() -> None:
    gone = {**dict.fromkeys(DEAL), "_deleted": True}
    assert failures_of(gone) == []


def test_the_worst_failure_gives_the_severity() -> None:
    batch = deals({"amount": -1.0}, {"probability": 101.0})
    result = validate_batch("salesforce", "opportunities", batch)
    assert (result.passed, result.severity) == (False, "error")
    assert [f.severity for f in result.failures] == ["error", "warn"]
    warned = validate_batch("salesforce", "opportunities", deals({"amount": -1.0}))
    assert (warned.passed, warned.severity) == (False, "warn")


def test_a_changed_vendor_type_is_reported() -> None:
    variant = deals({}, {}).append_column("amount__v_text", pa.array(["a lot", None]))
    (failure,) = validate_batch("salesforce", "opportunities", variant).failures
    assert failure == Failure("ExpectColumnValuesToBeNull", "amount__v_text", 1, ("a lot",), "warn")


def test_a_missing_column_is_a_failure() -> None:
    batch = deals({}, {}).drop_columns(["probability"])
    (failure,) = validate_batch("salesforce", "opportunities", batch).failures
    assert (failure.column, failure.unexpected_count) == ("probability", 2)


def test_an_unknown_entity_is_refused() -> None:
    with pytest.raises(ValueError, match="no entity 'deals'; known are accounts"):
        validate_batch("salesforce", "deals", deals({}))


def test_every_expectation_is_about_a_column_that_exists() -> None:
    for source in source_names():
        by_entity = expectations_of(source)
        assert by_entity or not entities(source), source
        schemas = {each.name: each.table_schema.names for each in entities(source)}
        assert set(by_entity) <= set(schemas)
        for name, expected in by_entity.items():
            for each in expected:
                assert set(each.columns) <= set(schemas[name]), (source, name, each)


@pytest.mark.parametrize("source", source_names())
def test_every_suite_can_be_run(source: str) -> None:
    for entity in entities(source):
        batch = batch_of(entity, [{"_deleted": True}])
        present = [name for name in entity.key if batch[name].null_count]
        result = validate_batch(source, entity.name, batch)
        assert [f.column for f in result.failures] == present
        assert len(list(expectations(source, entity, batch))) >= 4


def test_only_the_rows_of_later_loads_are_read(tmp_path: Path) -> None:
    entity = entity_of("salesforce", "opportunities")
    log = ChangeLog(entity, f"{raw_url(str(tmp_path))}/salesforce")
    log.ensure()
    for load_id in ("1763800000.1", "1763800001.2", "1763800002.3"):
        write_deltalake(log.url, batch_of(entity, [DEAL, DEAL], load_id), mode="append")
    batch = landed_batch(str(tmp_path), "salesforce", "opportunities", after="1763800001.2")
    assert batch[LOAD_ID].to_pylist() == ["1763800002.3"] * 2
    assert batch.schema.names == entity.table_schema.names
    assert landed_batch(str(tmp_path), "salesforce", "opportunities", after=None).num_rows == 6
    dataset = DeltaTable(log.url).to_pyarrow_dataset()
    files = list(dataset.get_fragments(filter=pc.field(LOAD_ID) > "1763800001.2"))
    assert len(files) == 1


def test_the_library_is_imported_only_when_a_batch_is_validated() -> None:
    code = "import sys, ingestion.quality; sys.exit('great_expectations' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False)
    assert done.returncode == 0
