"""HubSpot CRM search: filter groups, sorts, pages of 200, and the ceiling of 10,000 results."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from ingestion.sandbox.replies import JsonBody, json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.hubspot import records
from ingestion.sandbox.vendors.hubspot.objects import ObjectType, Property
from ingestion.sandbox.vendors.hubspot.records import error, known_type, path_of
from ingestion.sandbox.world import World

MOST = 200
CEILING = 10_000
COMPARISONS = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}


def search_routes(world: World) -> APIRouter:
    router = APIRouter()

    @router.post("/crm/v3/objects/{name}/search")
    def search(name: str, order: JsonBody) -> Response:
        kind = known_type(name)
        properties = records.asked_properties(kind, order.get("properties") or [])
        limit = _number(order.get("limit", 10), "limit")
        if not 1 <= limit <= MOST:
            raise _invalid(f"limit {limit}: between 1 and {MOST} is allowed")
        after = _number(order.get("after") or 0, "after")
        if after + limit > CEILING:
            raise _invalid("The search results window is limited to 10000 results")
        where = f"not _archived and not _merged and {_groups(kind, order.get('filterGroups'))}"
        sorts = _sorts(kind, order.get("sorts"))
        source = world.store.current(path_of(kind))
        frame = world.store.fetch(
            f"select {records.columns(kind, properties)} from ("
            f"select * from {source} where {where} order by {sorts} limit {limit} offset {after}"
            f") order by {sorts}"
        )
        total = int(world.store.fetch(f"select count(*) from {source} where {where}").item())
        body: dict[str, Any] = {
            "total": total,
            "results": records.to_records(kind, frame, properties),
        }
        if after + limit < total:
            body["paging"] = {"next": {"after": str(after + limit)}}
        return json_reply(body)

    return router


def _invalid(message: str) -> Exception:
    return error(400, message, category="VALIDATION_ERROR")


def _number(value: Any, name: str) -> int:
    if not str(value).isdigit():
        raise _invalid(f"{name}: {value!r} is not a number")
    return int(value)


def _groups(kind: ObjectType, groups: Any) -> str:
    """Groups are alternatives, the filters of one all hold."""
    if not groups:
        return "true"
    if len(groups) > 5:
        raise _invalid("no more than 5 filterGroups are allowed")
    parts = [
        " and ".join(_filter(kind, item) for item in group.get("filters") or []) or "true"
        for group in groups
    ]
    return "(" + " or ".join(f"({part})" for part in parts) + ")"


def _filter(kind: ObjectType, item: dict[str, Any]) -> str:
    name, operator = str(item.get("propertyName")), str(item.get("operator"))
    prop = kind.property(name)
    if prop is None:
        raise _invalid(f"There was a problem with the request. Unknown property: {name}")
    column = f'"{prop.name}"'
    if operator in COMPARISONS:
        return f"{column} {COMPARISONS[operator]} {_value(prop, item.get('value'))}"
    if operator == "BETWEEN":
        low, high = _value(prop, item.get("value")), _value(prop, item.get("highValue"))
        return f"{column} between {low} and {high}"
    if operator in ("IN", "NOT_IN"):
        values = ", ".join(_value(prop, value) for value in item.get("values") or [])
        if not values:
            raise _invalid(f"{operator} needs values")
        return f"{column} {operator.replace('_', ' ').lower()} ({values})"
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return f"{column} is {'not ' if operator == 'HAS_PROPERTY' else ''}null"
    if operator in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"):
        pattern = literal(f"%{str(item.get('value')).replace('*', '%')}%")
        return f"{column} {'not ' if operator.startswith('NOT') else ''}ilike {pattern}"
    raise _invalid(f"Unknown operator: {operator}")


def _value(prop: Property, value: Any) -> str:
    """A filter value; instants come as milliseconds or as ISO text."""
    text = str(value)
    if prop.kind == "datetime":
        return literal(_instant(prop, text))
    if prop.kind == "number":
        try:
            return repr(float(text)) if "." in text else str(int(text))
        except ValueError as invalid:
            raise _invalid(f"{prop.name}: {text!r} is not a number") from invalid
    if prop.kind == "bool":
        return "true" if text.lower() == "true" else "false"
    return literal(text)


def _instant(prop: Property, text: str) -> datetime:
    if text.lstrip("-").isdigit():
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as invalid:
        raise _invalid(f"{prop.name}: {text!r} is not an instant") from invalid
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _sorts(kind: ObjectType, sorts: Any) -> str:
    """One sort is allowed; equal values come in order of their ids."""
    parts = []
    for item in sorts or []:
        item = {"propertyName": item} if isinstance(item, str) else item
        prop = kind.property(str(item.get("propertyName")))
        if prop is None:
            raise _invalid(f"Unknown property: {item.get('propertyName')}")
        direction = "desc" if str(item.get("direction", "")).upper() == "DESCENDING" else "asc"
        parts.append(f'"{prop.name}" {direction}')
    if len(parts) > 1:
        raise _invalid("only one sort is allowed")
    return ", ".join([*parts, "hs_object_id"])
