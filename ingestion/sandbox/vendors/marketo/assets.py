"""The asset API: programs with their period costs, channels, smart campaigns, e-mails."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.marketo.access import error, success
from ingestion.sandbox.vendors.marketo.names import SCHEMA, SITE
from ingestion.sandbox.vendors.marketo.records import ASSET_STAMP
from ingestion.sandbox.vendors.marketo.refusals import REQUEST_ID
from ingestion.sandbox.vendors.marketo.times import instant
from ingestion.sandbox.world import World

MOST_ROWS = 200
WORKSPACE = "Default"
CHANNELS = {
    "Search": "Search Advertising",
    "Display": "Online Advertising",
    "Video": "Video Advertising",
    "Demand Gen": "Demand Generation",
}
STATUSES = (("Not in Program", 0, False), ("Sent", 10, False), ("Responded", 20, True))
EPOCH = "2023-01-01T00:00:00Z+0000"

Limit = Annotated[int, Query(alias="maxReturn")]


def asset_routes(world: World) -> APIRouter:
    router = APIRouter()
    store = world.store

    @router.get("/rest/asset/v1/programs.json")
    def programs(request: Request, limit: Limit = 20, offset: int = 0) -> Response:
        rows = _rows("programs", "id, name, channel, status, created_at, _from", request)
        found = [{**_program(row), "type": "program"} for row in rows]
        return _page(found, limit, offset)

    @router.get("/rest/asset/v1/program/{program_id}.json")
    def program(program_id: int) -> Response:
        rows = _rows(
            "programs", "id, name, channel, status, created_at, _from", where=f"id = {program_id}"
        )
        if not rows:
            raise error(702, f"Program with id {program_id} not found")
        costs = store.fetch(
            "select strftime(month, '%Y-%m-%dT00:00:00Z+0000') as start,"
            " cast(round(cost) as bigint) as cost"
            f" from {store.current(SCHEMA + '.program_costs')}"
            f" where program_id = {program_id} order by month"
        )
        return success(
            [
                {
                    **_program(rows[0]),
                    "type": "default",
                    "tags": [{"tagType": "Region", "tagValue": "North America"}],
                    "costs": [
                        {"startDate": start, "cost": cost, "note": "Media"}
                        for start, cost in costs.rows()
                    ],
                }
            ]
        )

    @router.get("/rest/asset/v1/channels.json")
    def channels(limit: Limit = 20, offset: int = 0) -> Response:
        return _page(
            [
                {
                    "id": number,
                    "name": name,
                    "applicableProgramType": "program",
                    "progressionStatuses": [
                        {"name": status, "step": step, "type": status, "hidden": False,
                         "success": succeeds}
                        for status, step, succeeds in STATUSES
                    ],
                    "createdAt": EPOCH,
                    "updatedAt": EPOCH,
                }
                for number, name in enumerate(CHANNELS.values(), 1)
            ],
            limit,
            offset,
        )  # fmt: skip

    @router.get("/rest/asset/v1/emails.json")
    def emails(request: Request, limit: Limit = 20, offset: int = 0) -> Response:
        rows = _rows("emails", "id, name, subject, _from as created_at, _from", request)
        return _page([_email(row) for row in rows], limit, offset)

    @router.get("/rest/asset/v1/smartCampaigns.json")
    def smart_campaigns(request: Request, limit: Limit = 20, offset: int = 0) -> Response:
        rows = _rows("smart_campaigns", "id, name, was_run, created_at, _from", request)
        return _page([_smart_campaign(row) for row in rows], limit, offset)

    def _rows(
        table: str, columns: str, request: Request | None = None, where: str = "true"
    ) -> list[dict[str, Any]]:
        """Assets as they are now, as far as they were changed in the asked time."""
        for name, comparison in (("earliestUpdatedAt", ">="), ("latestUpdatedAt", "<=")):
            asked = request.query_params.get(name) if request is not None else None
            if asked:
                where += f" and _from {comparison} {literal(instant(asked))}"
        return store.fetch(
            f"select {columns} from {store.current(f'{SCHEMA}.{table}')} where {where} order by id"
        ).to_dicts()

    return router


def _page(found: list[dict[str, Any]], limit: int, offset: int) -> Response:
    """A part of a list. Beyond its end there is no `result`, only a warning."""
    shown = found[offset : offset + min(max(limit, 1), MOST_ROWS)]
    if shown:
        return success(shown)
    return json_reply(
        {
            "success": True,
            "errors": [],
            "requestId": REQUEST_ID,
            "warnings": ["No assets found for the given search criteria."],
        }
    )


def _asset(row: dict[str, Any], code: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": "",
        "createdAt": _stamp(row["created_at"]),
        "updatedAt": _stamp(row["_from"]),
        "url": f"{SITE}/#{code}{row['id']}A1",
        "folder": {"type": "Folder", "value": 21, "id": 21, "folderName": "Campaigns"},
        "workspace": WORKSPACE,
    }


def _stamp(at: datetime) -> str:
    return at.strftime(ASSET_STAMP)


def _program(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **_asset(row, "PG"),
        "channel": CHANNELS.get(row["channel"], row["channel"]),
        "status": "on" if row["status"] == "Enabled" else "off",
        "sfdcId": None,
        "sfdcName": None,
    }


def _email(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **_asset(row, "EM"),
        "subject": {"type": "Text", "value": row["subject"]},
        "fromName": {"type": "Text", "value": "Meridia"},
        "fromEmail": {"type": "Text", "value": "news@meridia-cloud.example"},
        "replyEmail": {"type": "Text", "value": "news@meridia-cloud.example"},
        "operational": False,
        "textOnly": False,
        "publishToMSI": False,
        "webView": False,
        "status": "approved",
        "template": 1,
        "version": 2,
        "autoCopyToText": True,
        "preHeader": None,
    }


def _smart_campaign(row: dict[str, Any]) -> dict[str, Any]:
    is_trigger = row["name"].startswith("Automation")
    status = ("Active" if is_trigger else "Single Run") if row["was_run"] else "Never Run"
    return {
        **_asset(row, "SC"),
        "type": "trigger" if is_trigger else "batch",
        "isSystem": False,
        "isActive": is_trigger and row["was_run"],
        "isRequestable": False,
        "recurrence": None,
        "status": status,
        "qualificationRuleType": "once",
        "qualificationRuleInterval": None,
        "qualificationRuleUnit": None,
        "maxMembers": 0,
        "isCommunicationLimitEnabled": True,
        "smartListId": row["id"] + 100_000,
        "flowId": row["id"] + 200_000,
        "parentProgramId": None,
    }
