"""What a source may expect of its landed batches; `ingestion.quality` checks it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warn"]

EMAIL = r"^[^@\s]+@[^@\s]+$"
CURRENCY = r"^[A-Z]{3}$"


@dataclass(frozen=True)
class Expectation:
    """One fact about a batch: a Great Expectations class, its arguments, and how bad a breach is.

    `error` keeps the batch out of the next release, `warn` only reports. `live_only` leaves out
    tombstones, which have a key and nothing else.
    """

    kind: str
    arguments: Mapping[str, Any]
    severity: Severity
    live_only: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        named = self.arguments.get("column_list") or [self.arguments["column"]]
        return tuple(named)


def required(*columns: str, severity: Severity = "error") -> tuple[Expectation, ...]:
    """A value in every row that is no tombstone."""
    return tuple(
        Expectation("ExpectColumnValuesToNotBeNull", {"column": each}, severity, live_only=True)
        for each in columns
    )


def between(
    *columns: str, low: float | None = None, high: float | None = None, severity: Severity = "error"
) -> tuple[Expectation, ...]:
    """Numbers within bounds, both included."""
    return tuple(
        Expectation(
            "ExpectColumnValuesToBeBetween",
            {"column": each, "min_value": low, "max_value": high},
            severity,
        )
        for each in columns
    )


def one_of(column: str, *words: str, severity: Severity = "warn") -> tuple[Expectation, ...]:
    """One of the words that staging knows how to read."""
    arguments = {"column": column, "value_set": list(words)}
    return (Expectation("ExpectColumnValuesToBeInSet", arguments, severity),)


def matching(column: str, pattern: str, *, severity: Severity = "warn") -> tuple[Expectation, ...]:
    """Text of a certain form."""
    arguments = {"column": column, "regex": pattern}
    return (Expectation("ExpectColumnValuesToMatchRegex", arguments, severity),)
