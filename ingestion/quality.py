"""What every landed batch must be like: Great Expectations over just the rows of the last loads.

Structure (keys, versions, types) is derived from the entity; what else is known of an entity stands
in its source's `expectations.py`. The library takes seconds to import, so it is imported when a
batch is first validated; its context lives in memory, writes no file and sends nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from ingestion.catalog import entities, expectations_of
from ingestion.changelog import raw_url
from ingestion.entity import DELETED, LOAD_ID, LOADED_AT, VARIANT_SUFFIX, VERSION_AT, Entity
from ingestion.expectation import Expectation, Severity

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition

CLOCK_SKEW = timedelta(days=1)
SAMPLES = 5


@dataclass(frozen=True)
class Failure:
    """An expectation that a batch does not meet; `sample` shows some of the values or, where values
    are missing, the keys of their rows."""

    expectation: str
    column: str
    unexpected_count: int
    sample: tuple[str, ...]
    severity: Severity


@dataclass(frozen=True)
class BatchResult:
    """`passed`: nothing failed. `severity`: the worst of the failures, None if there is none."""

    entity: str
    passed: bool
    severity: Severity | None
    rows: int
    failures: tuple[Failure, ...] = field(default=())


def expectations(source: str, entity: Entity, batch: pa.Table) -> Iterator[Expectation]:
    """All that is expected of a batch: of its structure, then of its content."""
    for column in (*entity.key, VERSION_AT, LOADED_AT):
        yield Expectation("ExpectColumnValuesToNotBeNull", {"column": column}, "error")
    # A later load may bring a version again: a vendor's links change without moving its date.
    unique = {"column_list": list(dict.fromkeys([*entity.key, VERSION_AT, DELETED, LOAD_ID]))}
    yield Expectation("ExpectCompoundColumnsToBeUnique", unique, "error")
    if loaded_at := pc.max(batch[LOADED_AT]).as_py():
        latest = pd.Timestamp(loaded_at + CLOCK_SKEW)
        bounds = {"column": VERSION_AT, "max_value": latest}
        yield Expectation("ExpectColumnValuesToBeBetween", bounds, "error")
    for name in batch.column_names:
        if name.endswith(VARIANT_SUFFIX):
            yield Expectation("ExpectColumnValuesToBeNull", {"column": name}, "warn")
    yield from expectations_of(source).get(entity.name, ())


def validate_batch(
    source: str, entity: str, batch: pa.Table, known: Iterable[Entity] | None = None
) -> BatchResult:
    """Validates the rows of one load, given with their meta columns.

    `known` are the source's entities where settings name them, else those of the catalog.

    Raises ValueError for an entity the source does not have; a column that the batch lacks is a
    failure.
    """
    declared = {each.name: each for each in (entities(source) if known is None else known)}
    if entity not in declared:
        raise ValueError(f"{source} has no entity {entity!r}; known are {', '.join(declared)}")
    if not batch.num_rows:
        return BatchResult(entity, passed=True, severity=None, rows=0)
    expected = list(expectations(source, declared[entity], batch))
    failures = tuple(_failures(expected, batch, declared[entity].key))
    worst: Severity | None = None
    if failures:
        worst = "error" if any(each.severity == "error" for each in failures) else "warn"
    return BatchResult(entity, not failures, worst, batch.num_rows, failures)


def landed_batch(lake_url: str, source: str, entity: str, *, after: str | None) -> pa.Table:
    """The rows of all loads after the load id `after`, of all loads if that is None.

    Delta's statistics leave out the files of earlier loads.
    """
    dataset = DeltaTable(f"{raw_url(lake_url)}/{source}/{entity}").to_pyarrow_dataset()
    return dataset.to_table(filter=None if after is None else pc.field(LOAD_ID) > after)


def _failures(
    expected: list[Expectation], batch: pa.Table, key: tuple[str, ...]
) -> Iterator[Failure]:
    from great_expectations import ExpectationSuite

    present = set(batch.column_names)
    for each in expected:
        for column in sorted(set(each.columns) - present):
            yield Failure(each.kind, column, batch.num_rows, (), each.severity)
    checked = [each for each in expected if present.issuperset(each.columns)]
    needed = dict.fromkeys([DELETED, *(name for each in checked for name in each.columns)])
    frame = batch.select(list(needed)).to_pandas(date_as_object=False)
    ready = _batch_definition().get_batch(batch_parameters={"dataframe": frame})

    def results(numbers: Iterable[int], result_format: dict[str, Any]) -> dict[int, Any]:
        built = [_built(checked[at], at) for at in numbers]
        suite = ExpectationSuite(name="batch", expectations=built)
        validated = ready.validate(suite, result_format=result_format).results
        return {result.expectation_config.meta["at"]: result for result in validated}

    # Most batches are as expected: whether one is takes half the work of saying what is not.
    whether = results(range(len(checked)), {"result_format": "BOOLEAN_ONLY"})
    failed = [at for at in sorted(whether) if not whether[at].success]
    if failed:
        what = {"result_format": "SUMMARY", "partial_unexpected_count": SAMPLES}
        for at, result in sorted(results(failed, what).items()):
            yield _failure(checked[at], result, frame, key)


def _built(expectation: Expectation, at: int) -> Any:
    """The library's expectation, numbered, for results come in an order of their own."""
    import great_expectations.expectations as built
    from great_expectations.expectations.row_conditions import Column

    arguments = {**expectation.arguments, "meta": {"at": at}}
    if expectation.live_only:
        arguments["row_condition"] = Column(DELETED) == False  # noqa: E712  builds a condition
    return getattr(built, expectation.kind)(**arguments)


def _failure(
    expectation: Expectation, result: Any, frame: pd.DataFrame, key: tuple[str, ...]
) -> Failure:
    column = ", ".join(expectation.columns)
    if result.exception_info.get("raised_exception"):
        reason = str(result.exception_info.get("exception_message"))
        return Failure(expectation.kind, column, len(frame), (reason,), expectation.severity)
    sample = result.result.get("partial_unexpected_list") or []
    if expectation.kind == "ExpectColumnValuesToNotBeNull":
        missing = frame.loc[result.result.get("partial_unexpected_index_list") or [], list(key)]
        sample = ["|".join(map(str, row)) for row in missing.head(SAMPLES).itertuples(index=False)]
    return Failure(
        expectation=expectation.kind,
        column=column,
        unexpected_count=int(result.result.get("unexpected_count") or 0),
        sample=tuple(str(value) for value in sample),
        severity=expectation.severity,
    )


@cache
def _batch_definition() -> "BatchDefinition":
    """One context for the whole process: in memory, without progress bars, telemetry or files."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(), analytics_enabled=False
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("landed").add_dataframe_asset("batch")
    return asset.add_batch_definition_whole_dataframe("whole")
