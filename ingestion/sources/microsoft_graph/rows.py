"""Records of Microsoft Graph as rows: headers, and nothing of what is written below them."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingestion.entity import DELETED, VERSION_AT, Row

Record = dict[str, Any]
HIDDEN = frozenset({"private", "confidential"})
# Nobody has answered yet.
NEVER = "0001-01-01"


def mailbox_row(user: Record, seen_at: datetime) -> Row:
    return {
        "id": user.get("id"),
        "email": user.get("mail"),
        "name": user.get("displayName"),
        "user_principal_name": user.get("userPrincipalName"),
        "job_title": user.get("jobTitle"),
        "department": user.get("department"),
        "user_type": user.get("userType"),
        "addresses": json.dumps(sorted(own_addresses(user))),
        "is_enabled": user.get("accountEnabled"),
        "created_at": user.get("createdDateTime"),
        VERSION_AT: seen_at,
    }


def own_addresses(user: Record) -> set[str]:
    """All addresses of a person in lower case, aliases among them."""
    proxies = [str(each) for each in user.get("proxyAddresses") or ()]
    aliases = [each[5:] for each in proxies if each.lower().startswith("smtp:")]
    named = [user.get("mail"), user.get("userPrincipalName"), *aliases]
    return {each.lower() for each in named if each}


def message_row(message: Record, addresses: set[str]) -> Row:
    """The columns that one message fills; `addresses` are the mailbox's own."""
    name, address = _person(message.get("from"))
    return {
        "id": message.get("id"),
        "folder_id": message.get("parentFolderId"),
        "conversation_id": message.get("conversationId"),
        "conversation_index": message.get("conversationIndex"),
        "message_id": message.get("internetMessageId"),
        "from_name": name,
        "from_address": address,
        "to_addresses": _addresses(message.get("toRecipients")),
        "cc_addresses": _addresses(message.get("ccRecipients")),
        "subject": message.get("subject"),
        "is_sent": (address or "").lower() in addresses,
        "is_read": message.get("isRead"),
        "has_attachments": message.get("hasAttachments"),
        "sent_at": message.get("sentDateTime"),
        "received_at": message.get("receivedDateTime"),
        "modified_at": message.get("lastModifiedDateTime"),
        VERSION_AT: message.get("lastModifiedDateTime"),
    }


def meeting_row(event: Record) -> Row:
    """The columns that one event fills. Of a private one neither subject nor guests."""
    is_hidden = event.get("sensitivity") in HIDDEN
    name, address = _person(event.get("organizer"))
    status = event.get("responseStatus")
    return {
        "id": event.get("id"),
        "ical_uid": event.get("iCalUId"),
        "type": event.get("type"),
        "series_master_id": event.get("seriesMasterId"),
        "subject": None if is_hidden else event.get("subject"),
        "organizer_name": name,
        "organizer_address": address,
        "attendees": None if is_hidden else _attendees(event.get("attendees")),
        "response": status.get("response") if isinstance(status, dict) else None,
        "show_as": event.get("showAs"),
        "sensitivity": event.get("sensitivity"),
        "start_time_zone": event.get("originalStartTimeZone"),
        "end_time_zone": event.get("originalEndTimeZone"),
        "is_all_day": event.get("isAllDay"),
        "is_cancelled": event.get("isCancelled"),
        "is_organizer": event.get("isOrganizer"),
        "is_online": event.get("isOnlineMeeting"),
        "starts_at": _instant(event.get("start")),
        "ends_at": _instant(event.get("end")),
        "created_at": event.get("createdDateTime"),
        "modified_at": event.get("lastModifiedDateTime"),
        VERSION_AT: event.get("lastModifiedDateTime"),
    }


def tombstone(mailbox: str, record_id: str, seen_at: datetime) -> Row:
    return {"id": record_id, "mailbox_id": mailbox, VERSION_AT: seen_at, DELETED: True}


def _person(recipient: Any) -> tuple[str | None, str | None]:
    """Name and address."""
    inner = recipient.get("emailAddress") if isinstance(recipient, dict) else None
    return (inner.get("name"), inner.get("address")) if isinstance(inner, dict) else (None, None)


def _addresses(recipients: Any) -> str | None:
    found = [_person(each)[1] for each in recipients or ()]
    kept = [each for each in found if each]
    return json.dumps(kept, ensure_ascii=False) if kept else None


def _attendees(attendees: Any) -> str | None:
    found = []
    for each in attendees or ():
        name, address = _person(each)
        status = each.get("status") or {}
        time = status.get("time")
        found.append(
            {
                "address": address,
                "name": name,
                "type": each.get("type"),
                "response": status.get("response"),
                "responded_at": None if not time or time.startswith(NEVER) else time,
            }
        )
    return json.dumps(found, ensure_ascii=False) if found else None


def _instant(moment: Any) -> Any:
    """A local time with its zone as an instant; as it is where the zone is not known here."""
    if not isinstance(moment, dict) or not isinstance(moment.get("dateTime"), str):
        return moment
    text, zone = moment["dateTime"], str(moment.get("timeZone"))
    try:
        local = datetime.fromisoformat(text[:26])
        return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, ZoneInfoNotFoundError):
        return f"{text} {zone}"
