"""The past of deals: audited changes of opportunities and of their business processes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ingestion.entity import VERSION_AT, Page
from ingestion.http import VendorClient
from ingestion.sources.dynamics.read import pages, records
from ingestion.sources.dynamics.settings import API, AUDITED, AUDITED_TABLES


def read_history(client: VendorClient, since: datetime | None) -> Iterator[Page]:
    """One row for each changed column that counts. Audit records never change."""
    where = " or ".join(f"objecttypecode eq '{name}'" for name in AUDITED_TABLES)
    if since is not None:
        where = f"({where}) and createdon ge {since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    params = {
        "$select": "auditid,createdon,objecttypecode,_objectid_value,_userid_value,action,"
        "changedata",
        "$filter": where,
    }
    for answer in pages(client, f"{API}/audits", params):
        yield [row for record in records(answer, "audits") for row in _rows(record)]


def _rows(record: Any) -> Iterator[Any]:
    """The rows of one audit record; what cannot be read comes as it is, to be set aside."""
    try:
        changes = _changes(record.get("changedata"))
    except (AttributeError, json.JSONDecodeError):
        yield str(record)
        return
    for change in changes:
        if change.get("logicalName") in AUDITED:
            yield {
                "audit_id": record.get("auditid"),
                "object_type": record.get("objecttypecode"),
                "object_id": record.get("_objectid_value"),
                "attribute": change["logicalName"],
                "old_value": change.get("oldValue"),
                "new_value": change.get("newValue"),
                "user_id": record.get("_userid_value"),
                "action": record.get("action"),
                "changed_at": record.get("createdon"),
                VERSION_AT: record.get("createdon"),
            }


def _changes(text: Any) -> list[dict[str, Any]]:
    """The changes in an audit record; other events (access, sharing) hold none."""
    if not isinstance(text, str) or not text.startswith("{"):
        return []
    return json.loads(text).get("changedAttributes") or []
