"""What the org has of each object: which fields to ask for, and its own fields with their types."""

import json
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingestion.entity import VERSION_AT, Row
from ingestion.http import RefusedError, VendorClient, VendorError, field_of
from ingestion.sources.salesforce.settings import (
    API,
    DESCRIBES_A_CALL,
    VERSION_FIELDS,
    SObject,
)

logger = logging.getLogger(__name__)

NOT_FOUND = 404
# Made of other fields, or files: Bulk API 2.0 refuses them.
NOT_PLAIN = frozenset({"address", "location", "base64", "complexvalue"})
NUMBERS = frozenset({"int", "double", "currency", "percent"})

Fields = Mapping[str, Mapping[str, Any]]
"""Salesforce's description of each field of an object, by name."""

Org = Mapping[str, Fields | RefusedError]
"""By object: its fields, or why it may not be read. A feature the org does not use is not here."""


@dataclass(frozen=True)
class Selection:
    """The fields to ask for, the one that says when a record changed, and the types of the org's
    own fields. Of objects that are read whole, not all tell when a record changed."""

    fields: tuple[str, ...]
    version_field: str | None
    custom: Mapping[str, str]


def describe_org(client: VendorClient, sobjects: Sequence[SObject]) -> Org:
    """All objects in a few calls. What one of them did not get is asked for by itself, so that it
    is tried again, or refused, as any call."""
    found: dict[str, Fields | RefusedError] = {}
    for start in range(0, len(sobjects), DESCRIBES_A_CALL):
        batch = sobjects[start : start + DESCRIBES_A_CALL]
        orders = [
            {"method": "GET", "url": _path(sobject), "referenceId": sobject.name}
            for sobject in batch
        ]
        answer = client.post_json(
            f"{API}/composite", {"allOrNone": False, "compositeRequest": orders}
        )
        replies = {
            reply.get("referenceId"): reply
            for reply in field_of(answer, "compositeResponse", "salesforce: composite")
        }
        for sobject in batch:
            fields = _fields_of(client, sobject, replies.get(sobject.name, {}))
            if fields is not None:
                found[sobject.name] = fields
    return found


def _fields_of(
    client: VendorClient, sobject: SObject, reply: Mapping[str, Any]
) -> Fields | RefusedError | None:
    status = reply.get("httpStatusCode")
    if status == 200:
        return _by_name(sobject, reply.get("body"))
    if status == NOT_FOUND and sobject.is_feature:
        logger.info("salesforce: no %s; the org does not use it, or hides it", sobject.name)
        return None
    try:
        return describe_one(client, sobject)
    except RefusedError as refused:
        if refused.lack != "permission":
            raise
        return refused


def describe_one(client: VendorClient, sobject: SObject) -> Fields:
    """An object's fields as they are now."""
    return _by_name(sobject, client.get_json(_path(sobject)))


def select(sobject: SObject, fields: Fields) -> Selection:
    """Of the fields that we know those that are there, and the org's own.

    An org without multi-currency has no CurrencyIsoCode, one without our `__c` fields lacks those:
    asking for a field that is not there would fail the whole query.
    """
    known = list(sobject.fields.values())
    absent = [name for name in known if name not in fields]
    if absent:
        logger.info("salesforce: %s has no %s; left null", sobject.name, ", ".join(absent))
    version_field = next((name for name in VERSION_FIELDS if name in fields), None)
    if version_field is None and not sobject.is_whole:
        raise VendorError(
            f"salesforce: {sobject.name} shows none of {', '.join(VERSION_FIELDS)}; "
            "give the integration user access to them"
        )
    custom = {
        name: str(field.get("type"))
        for name, field in fields.items()
        if sobject.has_custom_fields
        and field.get("custom")
        and field.get("type") not in NOT_PLAIN
        and name not in known
    }
    present = [name for name in known if name in fields]
    stamps = [] if version_field is None else [version_field]
    names = dict.fromkeys([*present, *stamps, *custom])
    return Selection(tuple(names), version_field, custom)


def typed(kind: str, value: Any) -> Any:
    """A value of an own field as JSON has it, whether it came as JSON or as CSV's text.

    A value that is not of the field's type stays as it came.
    """
    if value in (None, ""):
        return None
    if kind == "boolean":
        return {"true": True, "false": False}.get(str(value).lower(), value)
    if kind not in NUMBERS or isinstance(value, bool):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    if not math.isfinite(number):
        return value
    return int(number) if kind == "int" and number.is_integer() else number


def custom_field_rows(org: Org, seen_at: datetime) -> Iterator[list[Row]]:
    """The org's own fields of all objects that are landed."""
    for name, fields in org.items():
        if not isinstance(fields, RefusedError):
            yield [
                _definition(name, field, seen_at) for field in fields.values() if field["custom"]
            ]


def _definition(name: str, field: Mapping[str, Any], seen_at: datetime) -> Row:
    choices = [each.get("value") for each in field.get("picklistValues") or []]
    return {
        "object": name,
        "name": field["name"],
        "label": field.get("label"),
        "type": field.get("type"),
        "length": field.get("length"),
        "precision": field.get("precision"),
        "scale": field.get("scale"),
        "is_calculated": field.get("calculated"),
        "formula": field.get("calculatedFormula"),
        "reference_to": ", ".join(field.get("referenceTo") or []),
        "picklist_values": json.dumps(choices, ensure_ascii=False) if choices else None,
        "help_text": field.get("inlineHelpText"),
        VERSION_AT: seen_at,
    }


def _path(sobject: SObject) -> str:
    return f"{API}/sobjects/{sobject.name}/describe"


def _by_name(sobject: SObject, described: Any) -> Fields:
    fields = field_of(described, "fields", f"salesforce: describe of {sobject.name}")
    return {field["name"]: {"custom": False, **field} for field in fields}
