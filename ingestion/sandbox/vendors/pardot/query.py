"""Account Engagement v5 queries: filters, order, pages by token, and the ceiling of a sequence."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.store import Store, literal
from ingestion.sandbox.vendors.pardot.objects import ObjectType
from ingestion.sandbox.vendors.pardot.pardot_tables import SCHEMA, column, columns
from ingestion.sandbox.vendors.pardot.refusals import error

DEFAULT_LIMIT = 200
MOST = 1_000
SEQUENCE_ROWS = 100_000
TOKEN_LIFETIME = timedelta(hours=4)
USER_ZONE = "Europe/London"
CEILING_WARNING = (
    "203;Record count for nextPageToken sequence has been exceeded. No page token returned."
)
COMPARISONS = {
    "instant": {
        "AfterOrEqualTo": ">=", "BeforeOrEqualTo": "<=", "After": ">", "Before": "<", "": "=",
    },
    "int": {
        "GreaterThanOrEqualTo": ">=", "LessThanOrEqualTo": "<=", "GreaterThan": ">",
        "LessThan": "<", "": "=",
    },
}  # fmt: skip
ORDERED = {"id", "createdAt", "updatedAt"}
SHARED_PARAMETERS = {"fields", "limit", "orderBy", "deleted", "nextPageToken"}
ORDER = re.compile(r"(\w+)(?:\s+(asc|desc))?", re.IGNORECASE)


@dataclass(frozen=True)
class Query:
    """A query's parameters as SQL."""

    where: str
    order: str
    descending: bool
    limit: int


@dataclass(frozen=True)
class Position:
    """Where a sequence of pages stands; a page token is this, written down.

    `after` has the last record's value of the order and its id, `served` counts records.
    """

    path: str
    parameters: dict[str, str]
    issued_at: str
    after: tuple[str, int] | None = None
    served: int = 0

    def token(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(vars(self)).encode("utf-8")).decode("ascii")


@dataclass(frozen=True)
class Answer:
    values: list[dict[str, Any]]
    token: str | None
    warning: str | None


def answer(store: Store, kind: ObjectType, parameters: Mapping[str, str]) -> Answer:
    """One page of a query; raises VendorError as the vendor refuses."""
    names = asked_fields(kind, parameters.get("fields", ""))
    if "nextPageToken" in parameters:
        if set(parameters) - {"fields", "nextPageToken"}:
            raise error(5, "Only fields may be passed together with nextPageToken")
        position = _resume(kind, parameters["nextPageToken"], store.now())
    else:
        position = Position(kind.path, dict(parameters), store.now().isoformat())
    query = _parse(kind, position.parameters)
    where = query.where
    if position.after is not None:
        where += _beyond(query, position.after)
    direction = "desc" if query.descending else "asc"
    selected = dict.fromkeys([*names, query.order, "id"])
    frame = store.fetch(
        f"select {columns(kind, selected)} from {store.current(f'{SCHEMA}.{kind.table}')}"
        f' where {where} order by "{query.order}" {direction}, "id" {direction}'
        f" limit {query.limit + 1}"
    )
    shown = frame.head(query.limit)
    served = position.served + shown.height
    token, warning = None, None
    if frame.height > query.limit and served >= SEQUENCE_ROWS:
        warning = CEILING_WARNING
    elif frame.height > query.limit:
        after = (str(shown[query.order][-1]), shown["id"][-1])
        token = replace(position, after=after, served=served).token()
    return Answer(records(kind, shown.select(names)), token, warning)


def asked_fields(kind: ObjectType, text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise error(13, "One or more required parameters are missing: fields")
    unknown = [name for name in names if name not in kind.fields]
    if unknown:
        raise error(180, f"One or more of the specified fields are invalid: {', '.join(unknown)}")
    return list(dict.fromkeys(names))


def records(kind: ObjectType, frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Records in the reply's form: instants in the API user's time zone, with its offset."""
    instants = [name for name in frame.columns if kind.fields[name] == "instant"]
    shown = frame.with_columns(
        pl.col(instants)
        .dt.replace_time_zone("UTC")
        .dt.convert_time_zone(USER_ZONE)
        .dt.to_string("%Y-%m-%dT%H:%M:%S%:z")
    )
    return shown.to_dicts()


def _parse(kind: ObjectType, parameters: Mapping[str, str]) -> Query:
    limit = parameters.get("limit", str(DEFAULT_LIMIT))
    if not limit.isdigit() or not 1 <= int(limit) <= MOST:
        raise error(23, f"Invalid value specified for limit: between 1 and {MOST}")
    sortable = ORDERED.intersection(kind.filters)
    order = ORDER.fullmatch(parameters.get("orderBy", "id").strip())
    if order is None or order[1] not in sortable:
        raise error(19, f"Invalid value specified for orderBy: {', '.join(sorted(sortable))}")
    filters = [_bin(kind, parameters.get("deleted", "false"))]
    filters += [
        _filter(kind, name, value)
        for name, value in parameters.items()
        if name not in SHARED_PARAMETERS
    ]
    return Query(
        where=" and ".join(filters),
        order=order[1],
        descending=(order[2] or "").lower() == "desc",
        limit=int(limit),
    )


def _beyond(query: Query, after: tuple[str, int]) -> str:
    value, number = after
    shown = value if query.order == "id" else f"timestamp '{value}'"
    sign = "<" if query.descending else ">"
    return f' and ("{query.order}", "id") {sign} ({shown}, {number})'


def _resume(kind: ObjectType, token: str, now: datetime) -> Position:
    try:
        values = json.loads(base64.urlsafe_b64decode(token.encode("ascii")))
        position = Position(**values)
    except (binascii.Error, UnicodeError, ValueError, TypeError):
        raise error(211, "Page token is invalid.") from None
    if position.path != kind.path:
        raise error(211, "Page token is invalid.")
    if now - datetime.fromisoformat(position.issued_at) > TOKEN_LIFETIME:
        raise error(210, "Page token has expired.")
    return position


def _bin(kind: ObjectType, deleted: str) -> str:
    if not kind.has_bin:
        return "true"
    conditions = {"all": "true", "true": '"isDeleted"', "false": 'not "isDeleted"'}
    if deleted not in conditions:
        raise error(27, "Parameter deleted must be true, false or all")
    return conditions[deleted]


def _filter(kind: ObjectType, parameter: str, value: str) -> str:
    for field in kind.filters:
        sort = kind.fields[field]
        for suffix, sign in COMPARISONS.get(sort, {}).items():
            if parameter == field + suffix:
                return f"{column(kind, field)} {sign} {_value(sort, parameter, value)}"
    raise error(5, f"Invalid query parameters: {parameter}")


def _value(sort: str, parameter: str, value: str) -> str:
    if sort == "int":
        if not value.isdigit():
            raise error(16, f"Invalid ID: {parameter}")
        return value
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise error(7, f"Invalid timestamp: {parameter}") from None
    if instant.tzinfo is None:
        raise error(7, f"Invalid timestamp: {parameter} needs an offset")
    return literal(instant.astimezone(UTC))


def warned(warning: str | None) -> dict[str, str]:
    return {"Pardot-Warning": warning} if warning else {}


def not_found(path: str) -> VendorError:
    return error(198, f"Endpoint not found: {path}", status=404)
