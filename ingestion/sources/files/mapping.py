"""A mapping: which file and column of an export becomes which of our entities and columns.

`load_mapping` reads and checks a mapping file without looking at any data. docs/import.md explains
mappings to users.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

import pyarrow as pa
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from ingestion.sources.files.marked_yaml import (
    Document,
    Key,
    MappingError,
    Problem,
    did_you_mean,
    read_document,
)
from ingestion.sources.files.settings import ENTITIES, REFERENCES, REQUIRED, entity

TRUE_WORDS = ("true", "yes", "y", "t", "1")
FALSE_WORDS = ("false", "no", "n", "f", "0")
ENTITY_NAMES = tuple(each.name for each in ENTITIES if each.name != "stages")
_KNOWS_THE_YEAR = re.compile(r"%[-_0]?[YyFDGcxs]|^epoch(_ms)?$")
NOT_MAPPED = ("id", "custom_fields")

Category = Literal["Pipeline", "Best Case", "Commit", "Closed", "Omitted"]
Words = Annotated[
    tuple[str, ...], BeforeValidator(lambda given: [given] if isinstance(given, str) else given)
]


class Strict(BaseModel):
    """Rejects words it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(Strict):
    """How one of our columns is made; a bare word is short for `column: word`."""

    column: str | None = None
    concat: tuple[str, ...] = ()
    separator: str = " "
    constant: str | None = Field(default=None, min_length=1)
    default: str | None = None
    values: dict[str, str] = {}
    unlisted: Literal["keep", "null", "reject"] = "keep"
    null_values: Words = ()
    format: str | None = None
    time_zone: str | None = None
    decimal: Literal[".", ","] = "."
    thousands: Literal[".", ",", " ", "'"] | None = None
    scale: float | None = None
    lookup: str | None = None
    aliases: dict[str, str] = {}

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, given: Any) -> Any:
        return {"column": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _check(self) -> Self:
        ways = [self.column is not None, bool(self.concat), self.constant is not None]
        if sum(ways) != 1:
            raise ValueError("give exactly one of column, concat, constant")
        if self.aliases and not self.lookup:
            raise ValueError("aliases need a lookup")
        if self.unlisted != "keep" and not self.values:
            raise ValueError("unlisted needs values")
        if self.thousands == self.decimal:
            raise ValueError("thousands and decimal must differ")
        if self.format is not None and not _KNOWS_THE_YEAR.search(self.format):
            raise ValueError("a format looks like %d.%m.%Y %H:%M, or is epoch or epoch_ms")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """The file's columns it reads."""
        return self.concat or ((self.column,) if self.column is not None else ())


class KeyRule(Strict):
    """What identifies a row: columns as they are, or a hash of columns where there is no id."""

    columns: Words = ()
    hash: Words = ()

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, given: Any) -> Any:
        return {"columns": given} if isinstance(given, str | list) else given

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.columns) == bool(self.hash):
            raise ValueError("give columns or hash")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        return self.columns or self.hash


class FileRule(Strict):
    """One file, or several of one shape, that deliver rows of an entity."""

    file: str
    key: KeyRule
    columns: dict[str, Rule]
    version_at: Rule | None = None
    ignore: Words = ()
    complete: bool | None = None
    sheet: str | None = None
    header_line: int = Field(default=1, ge=1)
    delimiter: str | None = Field(default=None, min_length=1, max_length=2)
    quote: str = Field(default='"', min_length=1, max_length=1)
    encoding: str | None = None
    time_zone: str | None = None
    currency: str | None = None
    null_values: Words = ()

    @property
    def sources(self) -> Iterator[tuple[tuple[Key, ...], str]]:
        """Every column the file must have, with the place that asks for it."""
        yield from ((("key",), name) for name in self.key.sources)
        for target, rule in self.columns.items():
            yield from ((("columns", target), name) for name in rule.sources)
        if self.version_at:
            yield from ((("version_at",), name) for name in self.version_at.sources)


class StageRule(Strict):
    """A step of the sales process; what an opportunity in it is worth and whether it is over."""

    name: str
    order: int
    probability: float = Field(ge=0, le=100)
    forecast_category: Category
    is_closed: bool = False
    is_won: bool = False

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        if str(given.get("is_won")).casefold() in TRUE_WORDS:
            told = {"is_closed": "true", "probability": "100", "forecast_category": "Closed"}
            return told | given
        if str(given.get("is_closed")).casefold() in TRUE_WORDS:
            return {"probability": "0", "forecast_category": "Omitted"} | given
        return {"forecast_category": "Pipeline"} | given

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.is_won and not self.is_closed:
            raise ValueError("a stage that is won is closed, too")
        return self


Files = Annotated[
    tuple[FileRule, ...],
    BeforeValidator(lambda given: [given] if isinstance(given, dict) else given),
]


class MappingRules(Strict):
    """The whole mapping; what stands at the top holds for every file that says nothing else."""

    version: Literal["1"] = "1"
    description: str = ""
    time_zone: str = "UTC"
    currency: str | None = Field(default=None, min_length=3, max_length=3)
    null_values: Words = ()
    complete: bool = False
    encoding: str = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=2)
    stages: tuple[StageRule, ...] = ()
    entities: dict[str, Files] = Field(min_length=1)


@dataclass(frozen=True)
class FileMapping:
    """A file's rule with everything it inherits filled in, and where it stands."""

    entity: str
    rule: FileRule
    path: tuple[Key, ...]
    time_zone: str
    currency: str | None
    null_values: tuple[str, ...]
    encoding: str
    delimiter: str


@dataclass(frozen=True)
class EntityMapping:
    """All files of one entity; `complete` says that what they lack has been deleted."""

    entity: str
    files: tuple[FileMapping, ...]
    complete: bool


@dataclass(frozen=True)
class CheckedMapping:
    """A mapping without contradictions; `entities` in the order in which references resolve."""

    document: Document
    stages: tuple[StageRule, ...]
    entities: tuple[EntityMapping, ...]


def load_mapping(file: Path) -> CheckedMapping:
    """Reads and checks a mapping file; MappingError names every mistake with its line."""
    document = read_document(file)
    try:
        rules = MappingRules.model_validate(document.content)
    except ValidationError as error:
        problems = tuple(_problem(document, detail) for detail in error.errors())
        raise MappingError(file, problems) from None
    if contradictions := tuple(_contradictions(document, rules)):
        raise MappingError(file, contradictions)
    return CheckedMapping(document, rules.stages, tuple(_resolved(rules)))


def _resolved(rules: MappingRules) -> Iterator[EntityMapping]:
    for name in ENTITY_NAMES:
        if name not in rules.entities:
            continue
        files = tuple(
            FileMapping(
                entity=name,
                rule=rule,
                path=("entities", name, at),
                time_zone=rule.time_zone or rules.time_zone,
                currency=rule.currency or rules.currency,
                null_values=("", *rules.null_values, *rule.null_values),
                encoding=rule.encoding or rules.encoding,
                delimiter=_delimiter(rule.delimiter or rules.delimiter),
            )
            for at, rule in enumerate(rules.entities[name])
        )
        complete = (rules.complete if f.rule.complete is None else f.rule.complete for f in files)
        yield EntityMapping(name, files, all(complete))


def _delimiter(given: str) -> str:
    return "\t" if given == r"\t" else given


def _problem(document: Document, detail: ErrorDetails) -> Problem:
    """Says in a user's words what pydantic found."""
    path = detail["loc"]
    last = str(path[-1]) if path else ""
    context: Mapping[str, Any] = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            words = tuple(_model_at(path[:-1]).model_fields)
            message = f"'{last}' is not known here.{did_you_mean(last, words)}"
            return document.problem(path, message, words)
        case "missing":
            return document.problem(path[:-1], f"'{last}' is missing")
        case "literal_error":
            words = tuple(word.strip("'") for word in _expected(context))
            given = str(detail["input"])
            message = f"{last} cannot be '{given}'.{did_you_mean(given, words)}"
            return document.problem(path, message, words)
        case "value_error":
            return document.problem(path, f"{last}: {context['error']}")
        case "model_type" | "model_attributes_type" | "dict_type":
            return document.problem(path, f"{last or 'a mapping'} must hold `word: value` lines")
        case _:
            return document.problem(path, f"{last}: {detail['msg'].lower()}")


def _expected(context: Mapping[str, Any]) -> Iterator[str]:
    for part in str(context["expected"]).split(", "):
        yield from part.split(" or ")


def _model_at(path: tuple[Key, ...]) -> type[BaseModel]:
    if not path:
        return MappingRules
    if path[0] == "stages":
        return StageRule
    if path[-1] == "key":
        return KeyRule
    return Rule if "columns" in path or path[-1] == "version_at" else FileRule


def _contradictions(document: Document, rules: MappingRules) -> Iterator[Problem]:
    zones = available_timezones()
    if rules.time_zone not in zones:
        yield _unknown_zone(document, ("time_zone",), rules.time_zone)
    for word in _twice([stage.name for stage in rules.stages]):
        yield document.problem(("stages",), f"stage '{word}' stands twice")
    for name, files in rules.entities.items():
        if name not in ENTITY_NAMES:
            message = f"there is no entity '{name}'.{did_you_mean(name, ENTITY_NAMES)}"
            yield document.problem(("entities", name), message, ENTITY_NAMES)
            continue
        for at, rule in enumerate(files):
            path = ("entities", name, at)
            if rule.time_zone is not None and rule.time_zone not in zones:
                yield _unknown_zone(document, (*path, "time_zone"), rule.time_zone)
            if "stage" in rule.columns and not rules.stages:
                message = "a stage needs the block `stages`: name, order, probability, is_won"
                yield document.problem((*path, "columns", "stage"), message)
            if rule.version_at is not None:
                place = (*path, "version_at")
                yield from _rule_problems(
                    document, place, rule.version_at, "version_at", pa.timestamp("us", tz="UTC")
                )
            yield from _column_problems(document, (*path, "columns"), name, rule)


def _column_problems(
    document: Document, path: tuple[Key, ...], name: str, rule: FileRule
) -> Iterator[Problem]:
    schema = entity(name).columns
    words = tuple(word for word in schema.names if word not in NOT_MAPPED)
    for target in REQUIRED.get(name, ()):
        if target not in rule.columns:
            yield document.problem(path, f"{name} needs the column '{target}'")
    for target, column in rule.columns.items():
        if target == "id":
            message = "the identifier comes from `key`, not from a column `id`"
            yield document.problem((*path, target), message)
        elif target not in words:
            message = f"{name} has no column '{target}'.{did_you_mean(target, words)}"
            yield document.problem((*path, target), message, words)
        else:
            yield from _rule_problems(
                document, (*path, target), column, target, schema.field(target).type
            )


def _rule_problems(
    document: Document, path: tuple[Key, ...], rule: Rule, target: str, kind: pa.DataType
) -> Iterator[Problem]:
    """What a rule says that its column's type cannot mean."""
    temporal = pa.types.is_date(kind) or pa.types.is_timestamp(kind)
    numeric = pa.types.is_floating(kind) or pa.types.is_integer(kind)
    if rule.time_zone is not None and rule.time_zone not in available_timezones():
        yield _unknown_zone(document, (*path, "time_zone"), rule.time_zone)
    for word, fits, what in (
        ("format", temporal, "dates and times"),
        ("time_zone", temporal, "dates and times"),
        ("decimal", numeric, "numbers"),
        ("thousands", numeric, "numbers"),
        ("scale", numeric, "numbers"),
        ("lookup", target in REFERENCES, "references"),
    ):
        if word in rule.model_fields_set and not fits:
            yield document.problem((*path, word), f"'{word}' is for {what}; {target} is none")
    if pa.types.is_boolean(kind):
        flags = TRUE_WORDS + FALSE_WORDS
        told: dict[tuple[Key, ...], str | None] = {
            (*path, "values", word): text for word, text in rule.values.items()
        }
        told |= {(*path, "constant"): rule.constant, (*path, "default"): rule.default}
        for place, text in told.items():
            if text is not None and text.casefold() not in flags:
                yield document.problem(place, f"{target} cannot be '{text}'", flags)
    if rule.lookup is not None and target in REFERENCES:
        yield from _lookup_problems(document, (*path, "lookup"), rule.lookup, REFERENCES[target])


def _lookup_problems(
    document: Document, path: tuple[Key, ...], lookup: str, referred: str
) -> Iterator[Problem]:
    texts = (f for f in entity(referred).columns if f.type == pa.string())
    words = tuple(f"{referred}.{f.name}" for f in texts if f.name != "custom_fields")
    if lookup not in words:
        message = f"a lookup cannot search '{lookup}' here.{did_you_mean(lookup, words)}"
        yield document.problem(path, message, words)


def _unknown_zone(document: Document, path: tuple[Key, ...], zone: str) -> Problem:
    near = did_you_mean(zone, tuple(sorted(available_timezones())))
    return document.problem(path, f"'{zone}' is no time zone, such as Europe/Berlin.{near}")


def _twice(words: list[str]) -> tuple[str, ...]:
    return tuple(sorted({word for word in words if words.count(word) > 1}))
