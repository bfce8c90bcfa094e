"""A block of source rows → rows of an entity, rejects, and what its lookups found."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb
import polars as pl
import pyarrow as pa

from ingestion.entity import CUSTOM_FIELDS, VERSION_AT
from ingestion.sources.files.mapping import FileMapping, KeyRule, Rule, StageRule
from ingestion.sources.files.reading import LINE, Block
from ingestion.sources.files.settings import REQUIRED, entity
from ingestion.sources.files.values import Made, made, source_text, text_of

FILE, REASON, RECORD = "__file", "__reason", "__record"
KEY_SEPARATOR, HASH_SEPARATOR = "|", "\x1f"
STAGE_COLUMNS = ("probability", "forecast_category", "is_closed", "is_won")


@dataclass(frozen=True)
class References:
    """What one lookup searches: words, their ids, and the words that more than one row has."""

    words: pl.Series
    ids: pl.Series
    ambiguous: pl.Series


@dataclass(frozen=True)
class Shaped:
    """`rows`: the entity's columns, `_version_at` if mapped, FILE and LINE. `rejects`: id (null if
    missing), REASON, RECORD. `found`: how many rows of a column had which outcome, for each word
    that was not simply matched."""

    rows: pl.DataFrame
    rejects: pl.DataFrame
    found: pl.DataFrame


def shape(
    block: Block,
    mapping: FileMapping,
    *,
    stages: tuple[StageRule, ...],
    references: Mapping[str, References],
) -> Shaped:
    """Applies a file's rule to a block."""
    source = block.rows
    schema = source.schema
    rules = _with_currency(mapping)
    columns = entity(mapping.entity).columns
    required = REQUIRED.get(mapping.entity, ())
    made_columns: dict[str, Made] = {}
    outcomes: dict[str, pl.Expr] = {}
    for field in columns:
        rule = rules.get(field.name)
        if rule is None:
            continue
        if rule.lookup is not None:
            word = source_text(rule, mapping, schema)
            value, outcome = _looked_up(word, rule, references[rule.lookup])
            nothing = pl.when(word.is_not_null() & value.is_null()).then(
                pl.format(f"{field.name}: '{{}}' is no {rule.lookup}, or of several", word)
            )
            made_columns[field.name] = Made(value, nothing if field.name in required else None)
            outcomes[field.name] = outcome
        else:
            made_columns[field.name] = made(field.name, field.type, rule, mapping, schema)
    if mapping.rule.version_at is not None:
        instant = pa.timestamp("us", tz="UTC")
        version = made("version_at", instant, mapping.rule.version_at, mapping, schema)
        made_columns[VERSION_AT] = version
    reasons = [each.reason for each in made_columns.values() if each.reason is not None]
    reasons += [_missing(name, made_columns[name]) for name in required]
    key = _key(source, mapping)
    frame = source.with_columns(
        key,
        *(each.value.alias(f"__to_{name}") for name, each in made_columns.items()),
        *(outcome.alias(f"__of_{name}") for name, outcome in outcomes.items()),
        _reason(key, reasons, mapping.rule.key),
    )
    frame = frame.with_columns(_custom_fields(mapping, schema, outcomes).alias(CUSTOM_FIELDS))
    good = frame.filter(pl.col(REASON).is_null())
    found = [_found(good, name, rules[name], mapping) for name in outcomes]
    if "stage" in rules:
        found.append(_unknown_stages(good, stages))
    return Shaped(
        rows=good.select(
            *_outputs(columns, made_columns, stages),
            pl.lit(block.file).alias(FILE),
            LINE,
        ),
        rejects=_rejects(frame.filter(pl.col(REASON).is_not_null()), block, list(schema)),
        found=pl.concat([_NOTHING_FOUND, *found]),
    )


_NOTHING_FOUND = pl.DataFrame(
    schema={"column": pl.String, "outcome": pl.String, "word": pl.String, "count": pl.Int64}
)


def _with_currency(mapping: FileMapping) -> dict[str, Rule]:
    """The rules, with the currency that the mapping gives for amounts that name none."""
    rules = dict(mapping.rule.columns)
    if mapping.currency and "currency" in entity(mapping.entity).columns.names:
        given = rules.get("currency")
        if given is None:
            rules["currency"] = Rule(constant=mapping.currency)
        elif given.default is None and given.constant is None:
            rules["currency"] = given.model_copy(update={"default": mapping.currency})
    return rules


def _key(source: pl.DataFrame, mapping: FileMapping) -> pl.Series:
    """The identifier: a column, several joined by a bar, or the MD5 of several; null if missing."""
    rule = mapping.rule.key
    rules = (Rule(column=name) for name in rule.sources)
    parts = [source_text(each, mapping, source.schema) for each in rules]
    if not rule.hash:
        return source.select(pl.concat_str(parts, separator=KEY_SEPARATOR).alias("id")).to_series()
    joined = pl.concat_str([part.fill_null("") for part in parts], separator=HASH_SEPARATOR)
    present = pl.any_horizontal([part.is_not_null() for part in parts])
    words = source.select(word=pl.when(present).then(joined))
    with duckdb.connect() as connection:
        connection.register("words", words.to_arrow())
        hashed = connection.execute("select md5(word) as id from words").to_arrow_table()
    return pl.Series("id", hashed["id"], dtype=pl.String)


def _looked_up(word: pl.Expr, rule: Rule, references: References) -> tuple[pl.Expr, pl.Expr]:
    """The id a word refers to, and the outcome: matched, aliased, ambiguous, unmatched or null."""
    name = word.replace(rule.aliases) if rule.aliases else word
    value = name.replace_strict(
        references.words, references.ids, default=None, return_dtype=pl.String
    )
    outcome = (
        pl.when(word.is_null())
        .then(None)
        .when(value.is_not_null() & (name != word))
        .then(pl.lit("aliased"))
        .when(value.is_not_null())
        .then(pl.lit("matched"))
        .when(name.is_in(references.ambiguous.implode()))
        .then(pl.lit("ambiguous"))
        .otherwise(pl.lit("unmatched"))
    )
    return value, outcome


def _found(good: pl.DataFrame, name: str, rule: Rule, mapping: FileMapping) -> pl.DataFrame:
    """How often a lookup matched, and which words it did not match or matched by an alias."""
    outcome = pl.col(f"__of_{name}")
    word = pl.when(outcome != "matched").then(source_text(rule, mapping, good.schema))
    return (
        good.filter(outcome.is_not_null())
        .group_by(outcome.alias("outcome"), word.alias("word"))
        .agg(pl.len().cast(pl.Int64).alias("count"))
        .select(pl.lit(name).alias("column"), "outcome", "word", "count")
    )


def _unknown_stages(good: pl.DataFrame, stages: tuple[StageRule, ...]) -> pl.DataFrame:
    stage = pl.col("__to_stage")
    known = stage.is_in([each.name for each in stages])
    outcome = pl.when(known).then(pl.lit("matched")).otherwise(pl.lit("unmatched"))
    return (
        good.filter(stage.is_not_null())
        .group_by(outcome.alias("outcome"), pl.when(~known).then(stage).alias("word"))
        .agg(pl.len().cast(pl.Int64).alias("count"))
        .select(pl.lit("stage").alias("column"), "outcome", "word", "count")
    )


def _outputs(
    columns: pa.Schema, made_columns: Mapping[str, Made], stages: tuple[StageRule, ...]
) -> Iterator[pl.Expr]:
    """The entity's columns; what the stage says fills what the file does not say."""
    for field in columns:
        kind = pl.Series(pa.array([], field.type)).dtype
        if field.name in ("id", CUSTOM_FIELDS):
            yield pl.col(field.name)
            continue
        values = [pl.col(f"__to_{field.name}")] if field.name in made_columns else []
        if field.name in STAGE_COLUMNS and "stage" in made_columns:
            told = {stage.name: getattr(stage, field.name) for stage in stages}
            values.append(
                pl.col("__to_stage").replace_strict(told, default=None, return_dtype=kind)
            )
        value = pl.coalesce(values) if values else pl.lit(None)
        yield value.cast(kind).alias(field.name)
    if VERSION_AT in made_columns:
        yield pl.col(f"__to_{VERSION_AT}").alias(VERSION_AT)


def _reason(key: pl.Series, reasons: list[pl.Expr], rule: KeyRule) -> pl.Expr:
    missing = pl.when(key.is_null()).then(pl.lit(f"key {', '.join(rule.sources)} is missing"))
    parts = [missing, *reasons]
    said = pl.any_horizontal([part.is_not_null() for part in parts])
    joined = pl.concat_str(parts, separator="; ", ignore_nulls=True)
    return pl.when(said).then(joined).alias(REASON)


def _missing(name: str, made: Made) -> pl.Expr:
    """The reason of rows without a required value, unless the value they have is the reason."""
    unread = pl.lit(False) if made.reason is None else made.reason.is_not_null()
    return pl.when(made.value.is_null() & ~unread).then(pl.lit(f"{name} is missing"))


def _custom_fields(
    mapping: FileMapping, schema: Mapping[str, pl.DataType], outcomes: Mapping[str, pl.Expr]
) -> pl.Expr:
    """A JSON object of the columns nobody mapped, sorted by name, without what is null.

    A word that a lookup did not match is kept here, too, so that nothing the file says is lost.
    """
    mapped = {name for _, name in mapping.rule.sources}
    keep: dict[str, pl.Expr] = {}
    for name in schema:
        if name not in mapped and name not in mapping.rule.ignore and name != LINE:
            keep[name] = pl.lit(True)
    for target in outcomes:
        rule = mapping.rule.columns[target]
        outcome = pl.col(f"__of_{target}").is_in(["unmatched", "ambiguous"])
        keep |= {name: outcome for name in rule.sources if name not in keep}
    names = field_names(list(keep))
    pieces = [_piece(names[name], name, keep[name], mapping, schema) for name in keep]
    ordered = [piece for _, piece in sorted(zip(names.values(), pieces, strict=True), key=_first)]
    if not ordered:
        return pl.lit(None, dtype=pl.String)
    joined = pl.concat_str(ordered, separator=",", ignore_nulls=True)
    return pl.when(joined != "").then(pl.format("{{{}}}", joined))


def _first(pair: tuple[str, pl.Expr]) -> str:
    return pair[0]


def _piece(
    key: str,
    name: str,
    condition: pl.Expr,
    mapping: FileMapping,
    schema: Mapping[str, pl.DataType],
) -> pl.Expr:
    """One column as `"key":value`, null where the value is."""
    kind, column = schema[name], pl.col(name)
    text = source_text(Rule(column=name), mapping, schema)
    plain = kind == pl.Boolean or kind.is_integer() or kind.is_float()
    value = (column if plain else text).alias(key)
    inside = pl.struct(value).struct.json_encode().str.slice(1).str.head(-1)
    return pl.when(text.is_not_null() & condition).then(inside)


def field_names(sources: list[str]) -> dict[str, str]:
    """Source columns → keys of custom fields: snake_case, numbered where two become one."""
    names: dict[str, str] = {}
    for source in sources:
        split = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", source)
        base = re.sub(r"\W+", "_", split.lower()).strip("_") or "column"
        name, number = base, 2
        while name in names.values():
            name, number = f"{base}_{number}", number + 1
        names[source] = name
    return names


def _rejects(bad: pl.DataFrame, block: Block, names: list[str]) -> pl.DataFrame:
    texts = [text_of(name, bad.schema).alias(name) for name in names if name != LINE]
    record = pl.struct(texts).struct.json_encode()
    rows = bad.select(
        "id",
        pl.format("{} line {}: {}", pl.lit(block.file), pl.col(LINE), pl.col(REASON)).alias(REASON),
        record.alias(RECORD),
    )
    broken = pl.DataFrame(
        {
            "id": [None for _ in block.broken],
            REASON: [f"{block.file} line {each.line}: {each.reason}" for each in block.broken],
            RECORD: [each.text for each in block.broken],
        },
        schema=rows.schema,
    )
    lines = pl.DataFrame({"line": broken[RECORD]}).select(pl.struct("line").struct.json_encode())
    return pl.concat([rows, broken.with_columns(lines.to_series().alias(RECORD))])
