"""HubSpot forms, their submissions, and marketing events."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ingestion.sandbox.marketing import FORMS
from ingestion.sandbox.replies import json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.hubspot.hubspot_tables import SCHEMA
from ingestion.sandbox.vendors.hubspot.marketing_tables import CONTACTS_TYPE, FORM_IDS
from ingestion.sandbox.vendors.hubspot.paging import page
from ingestion.sandbox.vendors.hubspot.records import INSTANT, error
from ingestion.sandbox.world import World

SITE = "https://www.revlake.example"
FORM_MADE_AT = "2020-01-06T09:00:00.000Z"
FORM_FIELDS = ("email", "firstname", "lastname", "company")
MOST_FORMS = 500
MOST_SUBMISSIONS = 50
MOST_EVENTS = 100


def forms_routes(world: World) -> APIRouter:
    """Forms, submissions newest first, webinars with how many came."""
    router = APIRouter()
    store = world.store

    @router.get("/marketing/v3/forms")
    @router.get("/marketing/v3/forms/")
    def forms(request: Request, limit: int = 50, archived: str = "false") -> Response:
        found = [] if archived == "true" else [_form(FORM_IDS[f.number], f.name) for f in FORMS]
        return page(request, found, limit, most=MOST_FORMS)

    @router.get("/form-integrations/v1/submissions/forms/{form_id}")
    def submissions(form_id: str, limit: int = 20, after: str = "") -> Response:
        number = next((number for number, known in FORM_IDS.items() if known == form_id), None)
        if number is None:
            raise error(404, f"Form with guid {form_id} does not exist")
        if not 1 <= limit <= MOST_SUBMISSIONS:
            raise error(400, f"limit {limit}: between 1 and {MOST_SUBMISSIONS} is allowed")
        where = f"form_n = {number}"
        if after:
            at, number = _position(after)
            where += f" and (epoch_ms(submitted_at), submission_n) < ({at}, {number})"
        rows = store.fetch(
            f"select submission_n, page, epoch_ms(submitted_at) as submitted_at,"
            f" cast(conversion_id as varchar) as conversion_id, {', '.join(FORM_FIELDS)}"
            f" from {store.current(SCHEMA + '.form_submissions')} where {where}"
            f" order by submitted_at desc, submission_n desc limit {limit + 1}"
        ).to_dicts()
        body: dict[str, Any] = {"results": [_submission(row) for row in rows[:limit]]}
        if len(rows) > limit:
            last = f"{rows[limit - 1]['submitted_at']}-{rows[limit - 1]['submission_n']}"
            body["paging"] = {"next": {"after": last, "link": f"?after={last}"}}
        return json_reply(body)

    @router.get("/marketing/v3/marketing-events")
    @router.get("/marketing/v3/marketing-events/")
    def marketing_events(request: Request, limit: int = 10) -> Response:
        now = literal(store.now())
        rows = store.fetch(
            "select id, strftime(starts_at, '%Y-%m') as month, registrants, attendees,"
            f" cancellations, is_over, strftime(starts_at, '{INSTANT}Z') as starts_at,"
            f" strftime(ends_at, '{INSTANT}Z') as ends_at, ends_at < {now} as is_past,"
            f" starts_at <= {now} as is_begun,"
            f" strftime(created_at, '{INSTANT}Z') as created_at,"
            f" strftime(_from, '{INSTANT}Z') as updated_at"
            f" from {store.current(SCHEMA + '.marketing_events')} order by id"
        )
        return page(request, [_event(row) for row in rows.to_dicts()], limit, most=MOST_EVENTS)

    return router


def _form(form_id: str, name: str) -> dict[str, Any]:
    fields = [
        {"objectTypeId": CONTACTS_TYPE, "name": each, "label": each.capitalize(),
         "required": each == "email", "hidden": False, "fieldType": "single_line_text"}
        for each in FORM_FIELDS
    ]  # fmt: skip
    return {
        "id": form_id,
        "name": name,
        "createdAt": FORM_MADE_AT,
        "updatedAt": FORM_MADE_AT,
        "archived": False,
        "fieldGroups": [
            {"groupType": "default_group", "richTextType": "text", "fields": fields},
        ],
        "configuration": {
            "language": "en",
            "cloneable": True,
            "postSubmitAction": {"type": "thank_you", "value": ""},
            "editable": True,
            "archivable": True,
            "recaptchaEnabled": False,
            "notifyContactOwner": False,
            "notifyRecipients": [],
            "createNewContactForNewEmail": False,
            "prePopulateKnownValues": True,
            "allowLinkToResetKnownValues": False,
            "embedType": "V3",
        },
        "displayOptions": {
            "renderRawHtml": False,
            "theme": "default_style",
            "submitButtonText": "Submit",
            "style": {},
            "cssClass": None,
        },
        "legalConsentOptions": {"type": "none"},
        "formType": "hubspot",
    }


def _submission(row: dict[str, Any]) -> dict[str, Any]:
    values = [
        {"name": name, "value": row[name], "objectTypeId": CONTACTS_TYPE}
        for name in FORM_FIELDS
        if row[name]
    ]
    return {
        "conversionId": row["conversion_id"],
        "submittedAt": row["submitted_at"],
        "values": values,
        "pageUrl": SITE + row["page"],
    }


def _event(row: dict[str, Any]) -> dict[str, Any]:
    state = "PAST" if row["is_past"] else "ONGOING" if row["is_begun"] else "UPCOMING"
    absent = row["registrants"] - row["attendees"] - row["cancellations"]
    return {
        "eventName": f"Webinar {row['month']}",
        "eventType": "WEBINAR",
        "startDateTime": row["starts_at"],
        "endDateTime": row["ends_at"],
        "eventOrganizer": "Revlake",
        "eventDescription": None,
        "eventUrl": f"{SITE}/events/webinar/{row['month']}",
        "eventCancelled": False,
        "eventCompleted": row["is_over"],
        "customProperties": [],
        "objectId": row["id"],
        "externalEventId": f"webinar-{row['month']}",
        "eventStatus": state,
        "eventStatusV2": state.lower(),
        "appInfo": {"id": "113", "name": "Webinars"},
        "registrants": row["registrants"],
        "attendees": row["attendees"],
        "cancellations": row["cancellations"],
        "noShows": absent if row["is_over"] else 0,
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }


def _position(text: str) -> tuple[int, int]:
    at, _, number = text.partition("-")
    if not (at.isdigit() and number.isdigit()):
        raise error(400, f"Invalid paging cursor: {text}")
    return int(at), int(number)
