"""Leads: exports at first, later those that the activity log says have changed."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from ingestion.entity import CUSTOM_FIELDS, DELETED, VERSION_AT, Page, Row, custom_json
from ingestion.http import VendorClient, field_of
from ingestion.sources.marketo import log
from ingestion.sources.marketo.bulk import extract, renamed, spans
from ingestion.sources.marketo.settings import (
    DELETE_LEAD,
    DELETED_KEPT,
    FIRST_IDS,
    HISTORY_START,
    LEAD_CHANGE_IDS,
    LEAD_FIELDS,
    MERGE_LEADS,
    OVERLAP,
    PAGE_ROWS,
    UNUSED_FIELDS,
)

MERGED_IDS = "Merge IDs"


def read_leads(client: VendorClient, since: datetime | None, now: datetime) -> Iterator[Page]:
    """Leads changed at or after `since`, and tombstones of deleted and merged-away ones.

    An export shows each lead as it is when its job runs, and a long row of jobs takes hours. So
    what changed meanwhile is read after it.
    """
    fields = available_fields(client)
    if since is None:
        yield from _all(client, fields, now)
        since = now - OVERLAP
    yield from _changed(client, fields, since)
    yield from _deleted(client, max(since, now - DELETED_KEPT))


def read_deleted(client: VendorClient, since: datetime | None, now: datetime) -> Iterator[Page]:
    """The feed of deleted leads, which goes back two weeks."""
    start = now - DELETED_KEPT
    for page in log.log_pages(client, log.DELETED, max(since, start) if since else start):
        yield [
            {
                "lead_id": record.get("leadId"),
                "marketo_guid": record.get("marketoGUID"),
                "primary_attribute_value": record.get("primaryAttributeValue"),
                "activity_date": record.get("activityDate"),
                VERSION_AT: record.get("activityDate"),
            }
            for record in page
        ]


def available_fields(client: VendorClient) -> list[str]:
    """The fields with a column that the subscription has, then all of its own."""
    answer = client.get_json("/rest/v1/leads/describe2.json")
    described = field_of(answer, "result", "marketo: description of leads")[0]
    present = [field["name"] for field in field_of(described, "fields", "marketo: lead fields")]
    own = [name for name in present if name not in LEAD_FIELDS and name not in UNUSED_FIELDS]
    return [name for name in LEAD_FIELDS if name in present] + sorted(own)


def _all(client: VendorClient, fields: list[str], now: datetime) -> Iterator[Page]:
    filters = ({"createdAt": span} for span in spans(_beginning(client), now))
    for table, broken in extract(client, "leads", fields, filters):
        yield _lead_table(table)
        if broken:
            yield broken


def _beginning(client: VendorClient) -> datetime:
    """When the oldest lead was created: ids count up, so it is the first that is found.

    Without one among the first ids the beginning is the year in which Marketo began.
    """
    for first in range(1, FIRST_IDS, PAGE_ROWS):
        found = _by_ids(client, ["id", "createdAt"], list(range(first, first + PAGE_ROWS)))
        created = [log.instant(record.get("createdAt")) for record in found]
        known = [moment for moment in created if moment is not None]
        if known:
            return min(known) - timedelta(days=1)
    return HISTORY_START


def _changed(client: VendorClient, fields: list[str], since: datetime) -> Iterator[Page]:
    """Each lead with a change in the log as it is now, once."""
    seen: set[int] = set()
    for page in log.activity_pages(client, since, LEAD_CHANGE_IDS):
        gone = [record for record in page if record.get("activityTypeId") == DELETE_LEAD]
        merges = [record for record in page if record.get("activityTypeId") == MERGE_LEADS]
        touched = {int(record["leadId"]) for record in page if "leadId" in record}
        fresh = sorted(touched - seen)
        seen |= touched
        for start in range(0, len(fresh), PAGE_ROWS):
            found = _by_ids(client, fields, fresh[start : start + PAGE_ROWS])
            yield [_lead(record) for record in found]
        yield [_tombstone(record.get("leadId"), record) for record in gone]
        yield [row for record in merges for row in _merged_away(record)]


def _deleted(client: VendorClient, since: datetime) -> Iterator[Page]:
    for page in log.log_pages(client, log.DELETED, since):
        yield [_tombstone(record.get("leadId"), record) for record in page]


def _by_ids(client: VendorClient, fields: list[str], ids: Sequence[int]) -> list[dict[str, Any]]:
    """Leads that are there; as a form, for the ids and fields may be too long for an address."""
    form = {
        "filterType": "id",
        "filterValues": ",".join(str(number) for number in ids),
        "fields": ",".join(fields),
        "batchSize": str(PAGE_ROWS),
    }
    answer = client.post_form("/rest/v1/leads.json?_method=GET", form)
    return answer.get("result") or []


def _lead(record: dict[str, Any]) -> Row:
    row: Row = {column: record.get(field) for field, column in LEAD_FIELDS.items()}
    row[VERSION_AT] = record.get("updatedAt")
    row[CUSTOM_FIELDS] = _own_fields(record.items())
    return row


def _lead_table(table: pa.Table) -> pa.Table:
    found = renamed(table, LEAD_FIELDS)
    found[VERSION_AT] = table["updatedAt"]
    own = [name for name in table.column_names if name not in LEAD_FIELDS]
    rows = table.select(own).to_pylist()
    found[CUSTOM_FIELDS] = pa.array([_own_fields(row.items()) for row in rows], pa.string())
    return pa.table(found)


def _own_fields(values: Iterable[tuple[str, Any]]) -> str | None:
    """The subscription's fields as text, for a file knows nothing else."""
    return custom_json(
        {
            name: None if value is None else _text(value)
            for name, value in values
            if name not in LEAD_FIELDS
        }
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tombstone(lead_id: Any, activity: dict[str, Any], **more: Any) -> Row:
    return {"id": lead_id, VERSION_AT: activity.get("activityDate"), DELETED: True, **more}


def _merged_away(activity: dict[str, Any]) -> Iterator[Row]:
    """Tombstones of the leads that one took in; their ids stand in one attribute, in brackets."""
    winner = str(activity.get("leadId"))
    for attribute in activity.get("attributes") or []:
        if attribute.get("name") == MERGED_IDS:
            for lead_id in re.findall(r"\d+", str(attribute.get("value"))):
                if lead_id != winner:
                    yield _tombstone(lead_id, activity, merged_into_id=winner)
