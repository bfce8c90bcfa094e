"""How words of a file become values: strictly, or not at all."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from ingestion.entity import INSTANT
from ingestion.sources.files.mapping import FileMapping, FileRule, Rule
from ingestion.sources.files.shaping import field_names
from ingestion.sources.files.values import made

NUMBER, COUNT, FLAG, DATE, TEXT = pa.float64(), pa.int64(), pa.bool_(), pa.date32(), pa.string()


def read(cells: list[Any] | pl.Series, kind: pa.DataType, **rule: Any) -> list[Any]:
    """The values, with 'rejected' in place of those that have a reason."""
    mapping = FileMapping(
        entity="opportunities",
        rule=FileRule.model_validate({"file": "f", "key": "k", "columns": {}}),
        path=(),
        time_zone="America/New_York",
        currency=None,
        null_values=("", "Select"),
        encoding="utf-8",
        delimiter=",",
    )
    frame = pl.DataFrame({"c": cells})
    column = made("t", kind, Rule.model_validate({"column": "c"} | rule), mapping, frame.schema)
    rows = frame.select(
        column.value.alias("value"),
        (pl.lit(None) if column.reason is None else column.reason).alias("reason"),
    )
    return ["rejected" if reason else value for value, reason in rows.iter_rows()]


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        ("1054", {}, 1054.0),
        (" 4.5 ", {}, 4.5),
        ("-0.25", {}, -0.25),
        ("1e3", {}, 1000.0),
        ("$1200", {}, 1200.0),
        ("1200 €", {}, 1200.0),
        ("35%", {}, 35.0),
        ("1,234,567.89", {"thousands": ","}, 1234567.89),
        ("12,34,567", {"thousands": ","}, 1234567.0),
        ("1.234,50", {"decimal": ",", "thousands": "."}, 1234.5),
        ("1 234,5", {"decimal": ",", "thousands": " "}, 1234.5),
        ("1'234.5", {"thousands": "'"}, 1234.5),
        ("12,5", {"decimal": ","}, 12.5),
        ("1.1", {"scale": 1000}, 1100.0),
        ("1,23", {"thousands": ","}, "rejected"),
        ("1,234", {}, "rejected"),
        ("1.234", {"decimal": ","}, "rejected"),
        ("1,2,3", {"decimal": ","}, "rejected"),
        ("abc", {}, "rejected"),
        ("nan", {}, "rejected"),
        ("inf", {}, "rejected"),
        ("1e999", {}, "rejected"),
        ("--1", {}, "rejected"),
        ("", {}, None),
        ("Select", {}, None),
        ("n/a", {"null_values": ["n/a"]}, None),
    ],
)
def test_numbers(text: str, rule: dict[str, Any], value: Any) -> None:
    assert read([text], NUMBER, **rule) == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("12.0", 12),
        ("-3", -3),
        ("9007199254740993", 9007199254740993),
        ("12.5", "rejected"),
        ("99999999999999999999", "rejected"),
    ],
)
def test_counts_are_whole(text: str, value: Any) -> None:
    assert read([text], COUNT) == [value]


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        ("2017-03-01", {}, date(2017, 3, 1)),
        ("2017-03-01T23:30:00", {}, date(2017, 3, 1)),
        ("2017-03-02T03:30:00Z", {}, date(2017, 3, 1)),
        ("31.12.2024", {"format": "%d.%m.%Y"}, date(2024, 12, 31)),
        ("2024-12-31", {"format": "%d.%m.%Y"}, date(2024, 12, 31)),
        ("12/31/2024 11:00 PM", {"format": "%m/%d/%Y %I:%M %p"}, date(2024, 12, 31)),
        ("2024-02-30", {}, "rejected"),
        ("31.12.2024", {}, "rejected"),
        ("2024-12-31 and more", {}, "rejected"),
        (None, {}, None),
    ],
)
def test_dates(text: str | None, rule: dict[str, Any], value: Any) -> None:
    assert read(pl.Series([text], dtype=pl.String), DATE, **rule) == [value]


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        ("2024-07-01", {}, datetime(2024, 7, 1, 4)),
        ("2024-01-01 12:00", {}, datetime(2024, 1, 1, 17)),
        ("2024-01-01T12:00:30.25", {}, datetime(2024, 1, 1, 17, 0, 30, 250000)),
        ("2024-01-01T12:00:00Z", {}, datetime(2024, 1, 1, 12)),
        ("2024-01-01 12:00:00 +02:00", {}, datetime(2024, 1, 1, 10)),
        ("2024-01-01T12:00+0200", {}, datetime(2024, 1, 1, 10)),
        ("2024-07-01", {"time_zone": "Europe/Berlin"}, datetime(2024, 6, 30, 22)),
        ("01.07.2024 08:15", {"format": "%d.%m.%Y %H:%M"}, datetime(2024, 7, 1, 12, 15)),
        ("01.07.2024", {"format": "%d.%m.%Y"}, datetime(2024, 7, 1, 4)),
        ("1719828000", {"format": "epoch"}, datetime(2024, 7, 1, 10)),
        ("1719828000500", {"format": "epoch_ms"}, datetime(2024, 7, 1, 10, 0, 0, 500000)),
        ("2024-03-10 02:30", {}, datetime(2024, 3, 10, 7, 30)),
        ("2024-11-03 01:30", {}, datetime(2024, 11, 3, 5, 30)),
        ("2024-01-01 25:00", {}, "rejected"),
        ("yesterday", {}, "rejected"),
    ],
)
def test_times_are_utc_and_naive_ones_local(text: str, rule: dict[str, Any], value: Any) -> None:
    expected = value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
    assert read([text], INSTANT, **rule) == [expected]


def test_a_date_at_a_midnight_that_the_clocks_skip_is_a_date() -> None:
    rule = {"time_zone": "America/Sao_Paulo"}
    assert read(["2018-11-04"], DATE, **rule) == [date(2018, 11, 4)]
    assert read(["2018-11-04"], INSTANT, **rule) == [datetime(2018, 11, 4, 3, tzinfo=UTC)]


def test_flags() -> None:
    assert read(["Yes", "no", "1", "F", "", "maybe"], FLAG) == [
        True,
        False,
        True,
        False,
        None,
        "rejected",
    ]


def test_value_maps() -> None:
    words = {"technolgy": "technology"}
    assert read(["technolgy", "retail"], TEXT, values=words) == ["technology", "retail"]
    assert read(["technolgy", "retail"], TEXT, values=words, unlisted="null") == [
        "technology",
        None,
    ]
    assert read(["technolgy", "retail", ""], TEXT, values=words, unlisted="reject") == [
        "technology",
        "rejected",
        None,
    ]
    assert read(["a", "b"], FLAG, values={"a": "true", "b": "no"}) == [True, False]


def test_defaults_fill_what_is_missing_and_not_what_is_wrong() -> None:
    assert read(["", "x", "5"], NUMBER, default="1.5") == [1.5, "rejected", 5.0]


def test_columns_that_have_types_already() -> None:
    when = datetime(2024, 7, 1, 8)
    assert read([when], INSTANT) == [datetime(2024, 7, 1, 12, tzinfo=UTC)]
    assert read([when.replace(tzinfo=UTC)], INSTANT) == [when.replace(tzinfo=UTC)]
    assert read([when], DATE) == [date(2024, 7, 1)]
    assert read([date(2024, 7, 1)], INSTANT) == [datetime(2024, 7, 1, 4, tzinfo=UTC)]
    assert read([5.0, 1e20, None, float("nan")], TEXT) == ["5", "1e+20", None, None]
    assert read([5.5], NUMBER, decimal=",") == [5.5]
    assert read([7], COUNT) == [7]
    assert read([True, None], FLAG) == [True, None]
    assert read([True], TEXT) == ["true"]
    assert read([float("inf")], NUMBER) == ["rejected"]


def test_custom_fields_are_named_in_snake_case_and_stay_apart() -> None:
    assert field_names(["Lead Quality", "leadQuality", "lead-quality", "Größe (cm)", "!"]) == {
        "Lead Quality": "lead_quality",
        "leadQuality": "lead_quality_2",
        "lead-quality": "lead_quality_3",
        "Größe (cm)": "größe_cm",
        "!": "column",
    }
