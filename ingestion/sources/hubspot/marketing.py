"""HubSpot's marketing: e-mails and what happened to them, forms, lists, events."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from ingestion.entity import VERSION_AT, Page, Row
from ingestion.http import VendorClient, field_of
from ingestion.sources.hubspot.objects import pages
from ingestion.sources.hubspot.settings import (
    EVENT_ROWS,
    LIST_ROWS,
    LISTS_ROWS,
    MEMBER_ROWS,
    SUBMISSION_ROWS,
)

Clock = Callable[[], datetime]


def read_email_campaigns(client: VendorClient, clock: Clock) -> Iterator[Page]:
    """Marketing e-mails."""
    for page in pages(client, "/marketing/v3/emails", {"limit": LIST_ROWS}):
        yield [
            {
                "id": email.get("id"),
                "name": email.get("name"),
                "subject": email.get("subject"),
                "state": email.get("state"),
                "sent_at": email.get("publishDate"),
                VERSION_AT: email.get("updatedAt") or clock(),
            }
            for email in page
        ]


def read_email_events(client: VendorClient, since: datetime | None) -> Iterator[Page]:
    """Events of marketing e-mails from a time on; the newest come first."""
    path = "/email/public/v1/events"
    params: dict[str, Any] = {"limit": EVENT_ROWS}
    if since is not None:
        params["startTimestamp"] = int(since.timestamp() * 1000)
    while True:
        answer = client.get_json(path, params)
        yield [
            {
                "id": event.get("id"),
                "email_campaign_id": event.get("emailCampaignId"),
                "recipient": event.get("recipient"),
                "type": event.get("type"),
                "created": event.get("created"),
                VERSION_AT: event.get("created"),
            }
            for event in field_of(answer, "events", f"hubspot: {path}")
        ]
        if not answer.get("hasMore"):
            return
        params["offset"] = field_of(answer, "offset", f"hubspot: {path}")


def read_forms(client: VendorClient) -> Iterator[Page]:
    """Forms, also archived ones: their submissions stay."""
    for archived in ("false", "true"):
        params = {"limit": LIST_ROWS, "archived": archived}
        for page in pages(client, "/marketing/v3/forms", params):
            yield [
                {
                    "id": form.get("id"),
                    "name": form.get("name"),
                    "form_type": form.get("formType"),
                    "archived": form.get("archived"),
                    "created_at": form.get("createdAt"),
                    "updated_at": form.get("updatedAt"),
                    VERSION_AT: form.get("updatedAt"),
                }
                for form in page
            ]


def read_form_submissions(client: VendorClient, since: datetime | None) -> Iterator[Page]:
    """Submissions of every form. They cannot be asked for by time: the newest come first, and a
    form is read until they are older than `since`."""
    oldest_wanted = 0 if since is None else int(since.timestamp() * 1000)
    for forms in read_forms(client):
        for form in forms:
            if not form["id"]:
                continue
            path = f"/form-integrations/v1/submissions/forms/{form['id']}"
            for page in pages(client, path, {"limit": SUBMISSION_ROWS}):
                yield [_submission(form["id"], sent) for sent in page]
                times = [at for sent in page if isinstance(at := sent.get("submittedAt"), int)]
                if times and min(times) < oldest_wanted:
                    break


def _submission(form_id: str, sent: dict[str, Any]) -> Row:
    fields: dict[str, Any] = {}
    for field in sent.get("values") or []:
        name, value = str(field.get("name")), field.get("value")
        known = fields.get(name)
        fields[name] = value if known is None else f"{known};{value}"
    return {
        "form_id": form_id,
        "id": sent.get("conversionId"),
        "page_url": sent.get("pageUrl"),
        "email": fields.get("email"),
        "fields": json.dumps(fields, ensure_ascii=False, sort_keys=True),
        "submitted_at": sent.get("submittedAt"),
        VERSION_AT: sent.get("submittedAt"),
    }


def read_lists(client: VendorClient, clock: Clock) -> Iterator[Page]:
    """Lists of all types of objects."""
    for page in _list_pages(client):
        yield [
            {
                "id": each.get("listId"),
                "name": each.get("name"),
                "object_type_id": each.get("objectTypeId"),
                "processing_type": each.get("processingType"),
                "size": _told(each, "hs_list_size"),
                "last_record_added_at": _told(each, "hs_last_record_added_at"),
                "created_at": each.get("createdAt"),
                "updated_at": each.get("updatedAt"),
                VERSION_AT: each.get("updatedAt") or clock(),
            }
            for each in page
        ]


def read_list_memberships(client: VendorClient) -> Iterator[Page]:
    """Members of all lists; of one without members nothing is asked."""
    for lists in _list_pages(client):
        for each in lists:
            if _told(each, "hs_list_size") == "0":
                continue
            path = f"/crm/v3/lists/{each['listId']}/memberships"
            for page in pages(client, path, {"limit": MEMBER_ROWS}):
                yield [
                    {
                        "list_id": each["listId"],
                        "record_id": member.get("recordId"),
                        "object_type_id": each.get("objectTypeId"),
                        "joined_at": member.get("membershipTimestamp"),
                        VERSION_AT: member.get("membershipTimestamp"),
                    }
                    for member in page
                ]


def _list_pages(client: VendorClient) -> Iterator[list[Any]]:
    path = "/crm/v3/lists/search"
    order: dict[str, Any] = {
        "count": LISTS_ROWS,
        "offset": 0,
        "additionalProperties": ["hs_list_size", "hs_last_record_added_at"],
    }
    while True:
        answer = client.post_json(path, order)
        yield field_of(answer, "lists", f"hubspot: {path}")
        if not answer.get("hasMore"):
            return
        order["offset"] = field_of(answer, "offset", f"hubspot: {path}")


def _told(each: dict[str, Any], name: str) -> Any:
    return (each.get("additionalProperties") or {}).get(name)


def read_marketing_events(client: VendorClient, clock: Clock) -> Iterator[Page]:
    """Marketing events of all apps and by hand."""
    for page in pages(client, "/marketing/v3/marketing-events", {"limit": LIST_ROWS}):
        yield [
            {
                "id": event.get("objectId"),
                "external_event_id": event.get("externalEventId"),
                "name": event.get("eventName"),
                "event_type": event.get("eventType"),
                "organizer": event.get("eventOrganizer"),
                "url": event.get("eventUrl"),
                "registrants": event.get("registrants"),
                "attendees": event.get("attendees"),
                "cancellations": event.get("cancellations"),
                "no_shows": event.get("noShows"),
                "is_cancelled": event.get("eventCancelled"),
                "is_completed": event.get("eventCompleted"),
                "starts_at": event.get("startDateTime"),
                "ends_at": event.get("endDateTime"),
                "created_at": event.get("createdAt"),
                "updated_at": event.get("updatedAt"),
                VERSION_AT: event.get("updatedAt") or clock(),
            }
            for event in page
        ]
