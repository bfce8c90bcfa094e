"""GAQL to SQL: SELECT … FROM campaign [WHERE …] [ORDER BY …] [LIMIT n], with Google's errors."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.store import Store, literal
from ingestion.sandbox.vendors.google_ads.campaigns import (
    CAMPAIGNS,
    COLUMNS,
    DAILY,
    RESOURCES,
    Column,
)

CLAUSES = re.compile(
    r"^\s*SELECT\s+(?P<select>.+?)\s+FROM\s+(?P<source>\w+)"
    r"(?:\s+WHERE\s+(?P<where>.+?))?"
    r"(?:\s+ORDER\s+BY\s+(?P<order>.+?))?"
    r"(?:\s+LIMIT\s+(?P<limit>\d+))?"
    r"(?:\s+PARAMETERS\s+(?P<parameters>.+?))?\s*$",
    re.IGNORECASE | re.DOTALL,
)
CONDITION = re.compile(
    r"^(?P<field>[\w.]+)\s*(?:"
    r"(?P<null>IS\s+(?:NOT\s+)?NULL)"
    r"|BETWEEN\s+(?P<low>\S+)\s+AND\s+(?P<high>\S+)"
    r"|DURING\s+(?P<period>\w+)"
    r"|(?P<member>NOT\s+IN|IN)\s*\((?P<values>.+)\)"
    r"|(?P<operator><=|>=|!=|=|<|>|LIKE\b)\s*(?P<value>.+)"
    r")$",
    re.IGNORECASE | re.DOTALL,
)
SPLIT = re.compile(r"\s+AND\s+", re.IGNORECASE)
BETWEEN = re.compile(r"(BETWEEN\s+\S+)\s+AND\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Query:
    """A query as SQL, with its fields in the order asked for."""

    fields: tuple[Column, ...]
    sql: str


def refuse(kind: str, code: str, message: str) -> VendorError:
    """400 INVALID_ARGUMENT with a GoogleAdsFailure, as the vendor refuses a query."""
    return VendorError(
        400,
        {
            "error": {
                "code": 400,
                "message": "Request contains an invalid argument.",
                "status": "INVALID_ARGUMENT",
                "details": [
                    {
                        "@type": "type.googleapis.com/"
                        "google.ads.googleads.v22.errors.GoogleAdsFailure",
                        "errors": [{"errorCode": {kind: code}, "message": message}],
                        "requestId": "sandbox",
                    }
                ],
            }
        },
    )


def parse(text: str, today: date, store: Store) -> Query:
    """SQL of a query over the current state; raises VendorError as Google would refuse it."""
    clauses = CLAUSES.match(text)
    if clauses is None:
        raise refuse("queryError", "UNEXPECTED_INPUT", f"Error in query: {text.strip()[:80]}")
    if clauses["source"].lower() not in RESOURCES:
        raise refuse(
            "queryError", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", f"unknown: {clauses['source']}"
        )
    fields = tuple(_column(name) for name in clauses["select"].split(","))
    conditions = _conditions(clauses["where"])
    filters = [_condition(part, today) for part in conditions]
    measured = any(
        name.startswith(("metrics.", "segments."))
        for name in [field.name for field in fields] + [part.split()[0] for part in conditions]
    )
    columns, grouping = _selection(fields)
    daily = store.current(DAILY.path) if measured else ""
    source = store.current(CAMPAIGNS.path)
    if measured:
        source = (
            f"{daily} as daily join {source} as campaign "
            'on campaign."campaign.id" = daily.campaign_id'
        )
    sql = f"select {columns} from {source}"
    if filters:
        sql += f" where {' and '.join(filters)}"
    if measured and grouping:
        sql += f" group by {grouping}"
    elif clauses["source"].lower() == "customer":
        sql = f"select distinct {columns} from {source}"
    order = clauses["order"]
    sql += f" order by {_order(order)}" if order else ""
    sql += f" limit {clauses['limit']}" if clauses["limit"] else ""
    return Query(fields, sql)


def _column(name: str) -> Column:
    column = COLUMNS.get(name.strip())
    if column is None:
        raise refuse(
            "queryError", "UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{name.strip()}'"
        )
    return column


def _selection(fields: tuple[Column, ...]) -> tuple[str, str]:
    """Columns and grouping: metrics are sums over the dates unless the date is selected."""
    summed = [field for field in fields if field.name.startswith("metrics.")]
    dated = any(field.name == "segments.date" for field in fields)
    if not summed or dated:
        return ", ".join(f'"{field.name}"' for field in fields), ""
    parts = [
        f'cast(sum("{field.name}") as {field.sql_type}) as "{field.name}"'
        if field in summed
        else f'"{field.name}"'
        for field in fields
    ]
    return ", ".join(parts), ", ".join(f'"{f.name}"' for f in fields if f not in summed) or "()"


def _conditions(where: str | None) -> list[str]:
    if where is None:
        return []
    protected = BETWEEN.sub(r"\1 \0AND\0 ".replace(r"\0", "\0"), where.strip())
    return [part.replace("\0", "").strip() for part in SPLIT.split(protected)]


def _condition(text: str, today: date) -> str:
    match = CONDITION.match(text)
    if match is None:
        raise refuse("queryError", "UNEXPECTED_INPUT", f"Error in query: {text}")
    column = _column(match["field"])
    name = f'"{column.name}"'
    if match["null"]:
        return f"{name} {match['null']}"
    if match["period"]:
        first, last = _period(match["period"].upper(), today)
        return f"{name} between date '{first}' and date '{last}'"
    if match["low"]:
        return f"{name} between {_value(column, match['low'])} and {_value(column, match['high'])}"
    if match["member"]:
        values = ", ".join(_value(column, part) for part in match["values"].split(","))
        return f"{name} {match['member']} ({values})"
    return f"{name} {match['operator']} {_value(column, match['value'])}"


def _value(column: Column, text: str) -> str:
    bare = text.strip()
    if len(bare) > 1 and bare[0] in "'\"" and bare[-1] == bare[0]:
        bare = bare[1:-1]
    if column.kind == "date":
        try:
            return f"date '{date.fromisoformat(bare)}'"
        except ValueError as invalid:
            raise refuse("queryError", "INVALID_VALUE_WITH_DATE_OPERATOR", bare) from invalid
    if column.kind in ("int64", "double"):
        if not re.fullmatch(r"-?\d+(\.\d+)?", bare):
            raise refuse("queryError", "INVALID_VALUE_WITH_OPERATOR", bare)
        return bare
    return literal(bare)


def _order(text: str) -> str:
    parts = []
    for part in text.split(","):
        name, _, direction = part.strip().partition(" ")
        if direction.strip().upper() not in ("", "ASC", "DESC"):
            raise refuse("queryError", "UNEXPECTED_INPUT", f"Error in query: {part}")
        parts.append(f'"{_column(name).name}" {direction.strip()}')
    return ", ".join(parts)


def _period(name: str, today: date) -> tuple[date, date]:
    """First and last day of a GAQL period; `LAST_n_DAYS` ends yesterday."""
    yesterday = today - timedelta(days=1)
    month = today.replace(day=1)
    periods = {
        "TODAY": (today, today),
        "YESTERDAY": (yesterday, yesterday),
        "LAST_7_DAYS": (today - timedelta(days=7), yesterday),
        "LAST_14_DAYS": (today - timedelta(days=14), yesterday),
        "LAST_30_DAYS": (today - timedelta(days=30), yesterday),
        "THIS_MONTH": (month, today),
        "LAST_MONTH": ((month - timedelta(days=1)).replace(day=1), month - timedelta(days=1)),
    }
    if name not in periods:
        raise refuse("queryError", "INVALID_VALUE_WITH_DURING_OPERATOR", name)
    return periods[name]


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def to_json(fields: tuple[Column, ...], rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Rows as nested camelCase objects; int64 as strings, absent values left out."""
    paths = [
        (camel(field.name.partition(".")[0]), camel(field.name.partition(".")[2]), field.kind)
        for field in fields
    ]
    results: list[dict[str, Any]] = []
    for row in rows:
        record: dict[str, Any] = {}
        for (holder, name, kind), value in zip(paths, row, strict=True):
            if value is not None:
                shown = value if kind == "double" else str(value)
                record.setdefault(holder, {})[name] = shown
        results.append(record)
    return results
