"""Filters in Eloqua's expression language as SQL conditions: comparisons, AND, OR, NOT."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.eloqua.refusals import invalid

# What times are in where nobody asks for UTC.
EASTERN = ZoneInfo("America/New_York")
LONGEST = 1_000
COMPARISON = re.compile(r"'(\{\{.+?\}\})'\s*(>=|<=|!=|=|>|<)\s*'((?:[^']|'')*)'")
ACTIVITY_TYPE = re.compile(r"'\{\{Activity\.Type\}\}'\s*=\s*'(\w+)'", re.IGNORECASE)
INSTANTS = {"occurred_at", '"C_DateCreated"', '"C_DateModified"'}


def moment(text: str, zone: ZoneInfo) -> datetime:
    """A time in a request, which has no zone of its own. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=zone).astimezone(UTC)


def condition(text: str, known: dict[str, str], zone: ZoneInfo) -> str:
    """The condition of a filter over the columns of `known` statements; `zone` is that of times."""
    if len(text) > LONGEST:
        raise invalid("filter", text[:40], f"Must be at most {LONGEST} characters")
    rest = COMPARISON.sub(" ", text)
    if re.sub(r"\b(AND|OR|NOT)\b|[()\s]", "", rest, flags=re.IGNORECASE):
        raise invalid("filter", text, "Must be a valid expression")
    return COMPARISON.sub(_comparison(text, known, zone), text)


def _comparison(text: str, known: dict[str, str], zone: ZoneInfo) -> Callable[[re.Match[str]], str]:
    def sql(found: re.Match[str]) -> str:
        statement, operator, value = found.groups()
        column = known.get(statement)
        if column is None:
            raise invalid("filter", statement, "Must be a valid field statement")
        if column not in INSTANTS:
            value = value.replace("''", "'").lower()
            return f"lower(cast({column} as varchar)) {operator} {literal(value)}"
        try:
            return f"{column} {operator} {literal(moment(value, zone))}"
        except ValueError as no_time:
            raise invalid("filter", text, "Must compare a date with a date") from no_time

    return sql
