"""Contacts with the fields that the account has, and the ids of all there are."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ingestion.entity import CUSTOM_FIELDS, VERSION_AT, Page, Row, custom_json
from ingestion.http import VendorError, field_of
from ingestion.sources.eloqua.exports import Exports, Order, instant
from ingestion.sources.eloqua.pod import Pod
from ingestion.sources.eloqua.settings import (
    BULK,
    CHANGED_AT,
    CONTACT_ATTRIBUTES,
    CONTACT_FIELDS,
    FIELD_ROWS,
    MOST_FIELDS,
)

logger = logging.getLogger(__name__)


def read_contacts(exports: Exports, since: datetime | None) -> Iterator[Page]:
    """Contacts changed at or after `since`; fields without a column go to `custom_fields`."""
    statements = _statements(exports.pod)
    columns = {CONTACT_FIELDS.get(name, name): text for name, text in statements.items()}
    custom = [name for name in columns if name.startswith("C_")]
    changed = f"'{CHANGED_AT}' >= '{instant(since)}'" if since else None
    exported = exports.run(Order("contacts", {**CONTACT_ATTRIBUTES, **columns}, changed))
    for page in exported.pages:
        yield [_row(record, custom) for record in page]


def read_ids(exports: Exports) -> Iterator[list[Row]]:
    """Ids of all contacts there are."""
    yield from exports.run(Order("contacts", {"id": CONTACT_ATTRIBUTES["id"]})).pages


def _row(record: dict[str, Any], custom: list[str]) -> Row:
    row = {column: value for column, value in record.items() if not column.startswith("C_")}
    row[CUSTOM_FIELDS] = custom_json({name: record.get(name) for name in custom})
    row[VERSION_AT] = record.get("updated_at")
    return row


def _statements(pod: Pod) -> dict[str, str]:
    """Field statements by internal name, those with a column first, as many as an export may have.

    Raises VendorError when the account hides the time of change.
    """
    found = {name: text for name, text in _listed(pod) if name.startswith("C_")}
    if CHANGED_AT not in found.values():
        raise VendorError(
            "eloqua: contacts show no C_DateModified; let the API user see this contact field"
        )
    ordered = sorted(found, key=lambda name: name not in CONTACT_FIELDS)
    room = MOST_FIELDS - len(CONTACT_ATTRIBUTES)
    if ordered[room:]:
        logger.warning(
            "eloqua: contacts have more fields than an export may have; left out are %s",
            ", ".join(ordered[room:]),
        )
    return {name: found[name] for name in ordered[:room]}


def _listed(pod: Pod) -> Iterator[tuple[str, str]]:
    offset = 0
    while True:
        params = {"limit": FIELD_ROWS, "offset": offset}
        page = pod.get_json(f"{BULK}/contacts/fields", params)
        items = page.get("items") or []
        for item in items:
            yield (
                str(field_of(item, "internalName", "eloqua: contact field")),
                str(field_of(item, "statement", "eloqua: contact field")),
            )
        offset += FIELD_ROWS
        if not field_of(page, "hasMore", "eloqua: contact fields"):
            return
