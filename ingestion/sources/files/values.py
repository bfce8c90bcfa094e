"""Source values → values of our columns, whole columns at a time.

`made` gives for one rule the expression of the value and of what is wrong with it, so that a row
whose value cannot be read is rejected with a reason and never lands with a guess.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from ingestion.sources.files.mapping import FALSE_WORDS, TRUE_WORDS, FileMapping, Rule
from ingestion.sources.files.marked_yaml import Document
from ingestion.sources.files.settings import entity

_SIGNS = r"^[$€£¥]\s*|\s*[$€£¥%]$"
_PLAIN_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
_OFFSET_SIGN = re.compile(r"%[:#]*z")
EPOCHS = {"epoch": 1_000_000, "epoch_ms": 1_000}
_NO_TIME = pl.lit(None, dtype=pl.Datetime("us"))
_EXACT_INTEGER = 2**53


@dataclass(frozen=True)
class Made:
    """A column's value and, where a row cannot have one, the reason (null in good rows)."""

    value: pl.Expr
    reason: pl.Expr | None = None


def text_of(name: str, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """A source column as trimmed text, null if empty; 5.0 from a spreadsheet is '5'."""
    column, kind = pl.col(name), schema[name]
    if kind == pl.String:
        text = column.str.strip_chars()
        return pl.when(text != "").then(text)
    if kind.is_float():
        whole = column.is_finite() & (column == column.floor()) & (column.abs() < _EXACT_INTEGER)
        integer = pl.when(whole).then(column).cast(pl.Int64).cast(pl.String)
        return pl.coalesce(integer, pl.when(column.is_not_nan()).then(column.cast(pl.String)))
    if kind == pl.Boolean:
        return column.replace_strict({True: "true", False: "false"}, return_dtype=pl.String)
    if isinstance(kind, pl.Datetime):
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.f" + ("%:z" if kind.time_zone else ""))
    return column.cast(pl.String)


def without(text: pl.Expr, null_values: tuple[str, ...]) -> pl.Expr:
    """The text, null where it is one of the words that stand for nothing."""
    return pl.when(~text.is_in(list(null_values))).then(text)


def source_text(rule: Rule, mapping: FileMapping, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """The text a rule starts from: a column, several joined, or a constant."""
    nulls = (*mapping.null_values, *rule.null_values)
    if rule.constant is not None:
        return pl.lit(rule.constant)
    parts = [without(text_of(name, schema), nulls) for name in rule.sources]
    if len(parts) == 1:
        return parts[0]
    joined = pl.concat_str(parts, separator=rule.separator, ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def made(
    target: str,
    kind: pa.DataType,
    rule: Rule,
    mapping: FileMapping,
    schema: Mapping[str, pl.DataType],
) -> Made:
    """The value of `target`, of type `kind`, as `rule` makes it from the source's columns."""
    raw = source_text(rule, mapping, schema)
    text, unlisted = raw, None
    if rule.values:
        listed = raw.is_in(list(rule.values))
        if rule.unlisted == "keep":
            text = raw.replace(rule.values)
        else:
            text = raw.replace_strict(rule.values, default=None, return_dtype=pl.String)
        if rule.unlisted == "reject":
            unlisted = ~listed
    zone = rule.time_zone or mapping.time_zone
    native = None if rule.values or not rule.column else schema[rule.column]
    value = _parsed(text, kind, rule, zone, native)
    wrong = text.is_not_null() & value.is_null()
    meaning = f"' is not {_name(kind)}" + (f" of format {rule.format}" if rule.format else "")
    reason: pl.Expr = pl.when(wrong).then(pl.format(f"{target} '{{}}{meaning}", raw))
    if unlisted is not None:
        listless = pl.format(f"{target} '{{}}' is not listed in the mapping's values", raw)
        reason = pl.when(unlisted).then(listless).otherwise(reason)
    if rule.default is not None:
        default = _parsed(pl.lit(rule.default), kind, rule, zone, None)
        value = pl.when(text.is_null()).then(default).otherwise(value)
    return Made(value, reason if kind != pa.string() or unlisted is not None else None)


def check_fixed(mapping: FileMapping, document: Document) -> None:
    """Raises MappingError for a constant or default that its column cannot hold."""
    for target, rule in mapping.rule.columns.items():
        kind = entity(mapping.entity).columns.field(target).type
        for word, text in (("constant", rule.constant), ("default", rule.default)):
            if text is None:
                continue
            told = pl.lit(rule.values.get(text, text) if word == "constant" else text)
            value = _parsed(told, kind, rule, rule.time_zone or mapping.time_zone, None)
            if pl.select(value).item() is None:
                place = (*mapping.path, "columns", target, word)
                raise document.error(place, f"{target} cannot be '{text}': not {_name(kind)}")


def _name(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "yes or no"
    if pa.types.is_integer(kind):
        return "a whole number"
    if pa.types.is_floating(kind):
        return "a number"
    return "a date" if pa.types.is_date(kind) else "a time"


def _parsed(
    text: pl.Expr, kind: pa.DataType, rule: Rule, zone: str, native: pl.DataType | None
) -> pl.Expr:
    if pa.types.is_boolean(kind):
        words = dict.fromkeys(TRUE_WORDS, True) | dict.fromkeys(FALSE_WORDS, False)
        return text.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.Boolean)
    if pa.types.is_integer(kind):
        return _integer(text, rule)
    if pa.types.is_floating(kind):
        return _number(text, rule, native)
    if pa.types.is_date(kind):
        return _date(text, rule, zone)
    if pa.types.is_timestamp(kind):
        return _instant(text, rule, zone)
    return text


def _number(text: pl.Expr, rule: Rule, native: pl.DataType | None) -> pl.Expr:
    """Strict about grouping, so that a decimal comma is not read as a thousands sign."""
    plain = text.str.replace_all(_SIGNS, "")
    if native is None or native == pl.String:
        if rule.thousands:
            sign, point = re.escape(rule.thousands), re.escape(rule.decimal)
            groups = rf"\d{{1,3}}({sign}\d{{2,3}})*{sign}\d{{3}}"
            grouped = plain.str.contains(rf"^[+-]?{groups}({point}\d*)?$")
            without_signs = plain.str.replace_all(rule.thousands, "", literal=True)
            plain = pl.when(grouped).then(without_signs).otherwise(plain)
        if rule.decimal == ",":
            pointed = plain.str.replace(",", ".", literal=True)
            plain = pl.when(~plain.str.contains(".", literal=True)).then(pointed)
    number = pl.when(plain.str.contains(_PLAIN_NUMBER)).then(plain).cast(pl.Float64, strict=False)
    number = pl.when(number.is_finite()).then(number)
    return number * rule.scale if rule.scale is not None else number


def _integer(text: pl.Expr, rule: Rule) -> pl.Expr:
    number = _number(text, rule, None)
    whole = (number == number.round()) & (number.abs() < _EXACT_INTEGER)
    rounded = pl.when(whole).then(number).cast(pl.Int64, strict=False)
    if rule.scale is not None:
        return rounded
    exact = text.str.contains(r"^[+-]?\d+$")
    return pl.when(exact).then(text).cast(pl.Int64, strict=False).fill_null(rounded)


def _date(text: pl.Expr, rule: Rule, zone: str) -> pl.Expr:
    """What the format says, an ISO date, or the local date of an instant."""
    aware, naive = _times(text, rule.format)
    return pl.coalesce(naive.dt.date(), aware.dt.convert_time_zone(zone).dt.date())


def _instant(text: pl.Expr, rule: Rule, zone: str) -> pl.Expr:
    """An instant in UTC; what names no offset is local time of `zone`.

    An hour that the clocks skip counts as the one after it, an hour that comes twice as the first.
    """
    aware, naive = _times(text, rule.format)
    shifted = naive + pl.duration(hours=1)
    local = [
        moment.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        for moment in (naive, shifted)
    ]
    return pl.coalesce(aware, pl.coalesce(local).dt.convert_time_zone("UTC"))


def _times(text: pl.Expr, form: str | None) -> tuple[pl.Expr, pl.Expr]:
    """What names its offset, in UTC, and what does not: by the format first, then as ISO 8601."""
    if form in EPOCHS:
        ticks = text.cast(pl.Float64, strict=False) * EPOCHS[form]
        return ticks.round().cast(pl.Int64, strict=False).cast(pl.Datetime("us", "UTC")), _NO_TIME
    iso = text.str.replace(r"^(\d{4}-\d{2}-\d{2}) +", "${1}T").str.replace(r" +([+-])", "${1}")
    iso = iso.str.replace("Z$", "+00:00").str.replace(r"T(\d{2}:\d{2})([+-]|$)", "T${1}:00${2}")
    aware = [_aware(iso, "%Y-%m-%dT%H:%M:%S%.f%z")]
    naive = [_naive(iso, "%Y-%m-%dT%H:%M:%S%.f"), _naive(iso, "%Y-%m-%d")]
    if form and _OFFSET_SIGN.search(form):
        aware.insert(0, _aware(text, form))
    elif form:
        naive.insert(0, _naive(text, form))
    return pl.coalesce(aware), pl.coalesce(naive)


def _aware(text: pl.Expr, form: str) -> pl.Expr:
    return text.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)


def _naive(text: pl.Expr, form: str) -> pl.Expr:
    if any(sign in form for sign in ("%H", "%I", "%T", "%R", "%k", "%l")):
        return text.str.to_datetime(form, time_unit="us", strict=False)
    return text.str.to_date(form, strict=False).cast(pl.Datetime("us"))
