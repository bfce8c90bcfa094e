"""Members of programs: exports at first, later those whose status the activity log has changed."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa

from ingestion.entity import DELETED, VERSION_AT, Page, Row
from ingestion.http import VendorClient, field_of
from ingestion.sources.marketo import log
from ingestion.sources.marketo.assets import asset_pages
from ingestion.sources.marketo.bulk import extract, renamed
from ingestion.sources.marketo.settings import (
    BULK_PROGRAMS,
    CHANGE_STATUS,
    MEMBER_FIELDS,
    OVERLAP,
    PAGE_ROWS,
)


def read_members(client: VendorClient, since: datetime | None, now: datetime) -> Iterator[Page]:
    """Memberships changed at or after `since`; a tombstone for who is in a program no more."""
    if since is None:
        yield from _all(client)
        since = now - OVERLAP
    changed: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for page in log.activity_pages(client, since, (CHANGE_STATUS,)):
        for record in page:
            program_id = int(record.get("primaryAttributeValueId") or 0)
            changed[program_id][int(record["leadId"])] = record["activityDate"]
    for program_id, leads in changed.items():
        ids = sorted(leads)
        for start in range(0, len(ids), PAGE_ROWS):
            asked = ids[start : start + PAGE_ROWS]
            found = _by_leads(client, program_id, asked)
            yield [_row(record) for record in found]
            there = {int(record["leadId"]) for record in found}
            yield [
                _tombstone(program_id, lead_id, leads[lead_id])
                for lead_id in asked
                if lead_id not in there
            ]


def _all(client: VendorClient) -> Iterator[Page]:
    programs = [record["id"] for page in asset_pages(client, "programs") for record in page]
    filters = (
        {"programIds": programs[start : start + BULK_PROGRAMS]}
        for start in range(0, len(programs), BULK_PROGRAMS)
    )
    for table, broken in extract(client, "program/members", MEMBER_FIELDS, filters):
        yield _table(table)
        if broken:
            yield broken


def _by_leads(client: VendorClient, program_id: int, ids: list[int]) -> list[dict[str, Any]]:
    path = f"/rest/v1/programs/{program_id}/members.json"
    params = {
        "filterType": "leadId",
        "filterValues": ",".join(str(lead_id) for lead_id in ids),
        "fields": ",".join(MEMBER_FIELDS),
        "batchSize": PAGE_ROWS,
    }
    return list(field_of(client.get_json(path, params), "result", f"marketo: {path}"))


def _row(record: dict[str, Any]) -> Row:
    row: Row = {column: record.get(field) for field, column in MEMBER_FIELDS.items()}
    row[VERSION_AT] = record.get("updatedAt")
    return row


def _table(table: pa.Table) -> pa.Table:
    return pa.table({**renamed(table, MEMBER_FIELDS), VERSION_AT: table["updatedAt"]})


def _tombstone(program_id: int, lead_id: int, changed_at: str) -> Row:
    return {
        "program_id": program_id,
        "lead_id": lead_id,
        VERSION_AT: changed_at,
        DELETED: True,
    }
