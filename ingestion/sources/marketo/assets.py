"""Assets and other short lists: programs and their costs, smart campaigns, e-mails, channels."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from ingestion.entity import VERSION_AT, Page, Row
from ingestion.http import VendorClient, field_of
from ingestion.sources.marketo.log import STAMP
from ingestion.sources.marketo.settings import ASSET_ROWS

Record = dict[str, Any]
Clock = Callable[[], datetime]


def asset_pages(
    client: VendorClient, name: str, params: dict[str, Any] | None = None
) -> Iterator[list[Record]]:
    """Pages of a list of assets. Beyond the end there is no `result`, and that is no error."""
    offset = 0
    while True:
        asked = {**(params or {}), "maxReturn": ASSET_ROWS, "offset": offset}
        page = client.get_json(f"/rest/asset/v1/{name}.json", asked).get("result") or []
        yield page
        if len(page) < ASSET_ROWS:
            return
        offset += ASSET_ROWS


def read_programs(client: VendorClient) -> Iterator[Page]:
    """All programs; what they cost is in `program_costs`."""
    for page in asset_pages(client, "programs"):
        yield [
            {
                **_asset(record),
                "type": record.get("type"),
                "channel": record.get("channel"),
                "status": record.get("status"),
                "sfdc_id": record.get("sfdcId"),
                "url": record.get("url"),
            }
            for record in page
        ]


def read_costs(client: VendorClient, since: datetime | None) -> Iterator[Page]:
    """Costs and tags of programs changed at or after `since`: a list has neither."""
    params = {"earliestUpdatedAt": since.astimezone(UTC).strftime(STAMP)} if since else {}
    for page in asset_pages(client, "programs", params):
        for program in page:
            path = f"/rest/asset/v1/program/{program['id']}.json"
            [record] = field_of(client.get_json(path), "result", f"marketo: {path}")
            yield [
                {
                    "program_id": record.get("id"),
                    "costs": _json(record.get("costs") or []),
                    "tags": _json(record.get("tags") or []),
                    "updated_at": _instant(record.get("updatedAt")),
                    VERSION_AT: _instant(record.get("updatedAt")),
                }
            ]


def read_smart_campaigns(client: VendorClient) -> Iterator[Page]:
    """All smart campaigns."""
    for page in asset_pages(client, "smartCampaigns"):
        yield [
            {
                **_asset(record),
                "type": record.get("type"),
                "status": record.get("status"),
                "parent_program_id": record.get("parentProgramId"),
                "is_active": record.get("isActive"),
                "is_system": record.get("isSystem"),
                "is_requestable": record.get("isRequestable"),
            }
            for record in page
        ]


def read_emails(client: VendorClient) -> Iterator[Page]:
    """All e-mail assets; of one that is both approved and a draft, the approved version."""
    drafts: dict[Any, Row] = {}
    approved: set[Any] = set()
    for page in asset_pages(client, "emails"):
        rows = [_email(record) for record in page]
        drafts |= {row["id"]: row for row in rows if row["status"] != "approved"}
        approved |= {row["id"] for row in rows if row["status"] == "approved"}
        yield [row for row in rows if row["status"] == "approved"]
    yield [row for email_id, row in drafts.items() if email_id not in approved]


def read_channels(client: VendorClient) -> Iterator[Page]:
    """All channels with their statuses."""
    for page in asset_pages(client, "channels"):
        yield [
            {
                "id": record.get("id"),
                "name": record.get("name"),
                "applicable_program_type": record.get("applicableProgramType"),
                "progression_statuses": _json(record.get("progressionStatuses") or []),
                "created_at": _instant(record.get("createdAt")),
                "updated_at": _instant(record.get("updatedAt")),
                VERSION_AT: _instant(record.get("updatedAt")),
            }
            for record in page
        ]


def read_activity_types(client: VendorClient, clock: Clock) -> Iterator[Page]:
    """All types of activity, the subscription's own among them."""
    answer = client.get_json("/rest/v1/activities/types.json")
    yield [
        {
            "id": record.get("id"),
            "name": record.get("name"),
            "description": record.get("description"),
            "primary_attribute": (record.get("primaryAttribute") or {}).get("name"),
            "attributes": _json([each.get("name") for each in record.get("attributes") or []]),
            VERSION_AT: clock(),
        }
        for record in field_of(answer, "result", "marketo: types of activity")
    ]


def _asset(record: Record) -> Row:
    return {
        "id": record.get("id"),
        "name": record.get("name"),
        "description": record.get("description"),
        "workspace": record.get("workspace"),
        "folder": (record.get("folder") or {}).get("folderName"),
        "created_at": _instant(record.get("createdAt")),
        "updated_at": _instant(record.get("updatedAt")),
        VERSION_AT: _instant(record.get("updatedAt")),
    }


def _email(record: Record) -> Row:
    return {
        **_asset(record),
        "status": record.get("status"),
        "subject": (record.get("subject") or {}).get("value"),
        "from_name": (record.get("fromName") or {}).get("value"),
        "from_email": (record.get("fromEmail") or {}).get("value"),
        "template": record.get("template"),
        "operational": record.get("operational"),
        "text_only": record.get("textOnly"),
    }


def _instant(value: Any) -> Any:
    """Assets have their zone twice: `2024-03-10T09:24:11Z+0000`."""
    return value.replace("Z+0000", "Z") if isinstance(value, str) else value


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
