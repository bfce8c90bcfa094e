"""Microsoft Graph's records as JSON."""

import hashlib
from datetime import datetime
from typing import Any

from ingestion.sandbox.vendors.microsoft_graph.graph_tables import (
    CUSTOMERS,
    DELETED,
    DRAFTS,
    INBOX,
    JUNK,
    OUTBOX,
    SENT,
)

Row = dict[str, Any]
SECRET_TEXT = "What is confided to a colleague stays in the mailbox"
# Well-known folders by the names that people see, and those below another one.
FOLDERS = {
    INBOX: "Inbox",
    SENT: "Sent Items",
    DELETED: "Deleted Items",
    DRAFTS: "Drafts",
    JUNK: "Junk Email",
    OUTBOX: "Outbox",
    CUSTOMERS: "Customers",
}
CHILDREN = {CUSTOMERS: INBOX}


def stamp(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S}Z"


def local(instant: datetime) -> Row:
    return {"dateTime": f"{instant:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}


def person(name: str | None, address: str | None) -> Row:
    return {"emailAddress": {"name": name, "address": address}}


def etag(row: Row) -> str:
    return f'W/"{_digest(row["_key"], row["_from"])}"'


def folder_id(mailbox: int, folder: str) -> str:
    return f"AQMkADAw{_digest('folder', mailbox, folder)}"


def folder(mailbox: int, name: str) -> Row:
    parent = CHILDREN.get(name, "msgfolderroot")
    return {
        "id": folder_id(mailbox, name),
        "displayName": FOLDERS[name],
        "parentFolderId": folder_id(mailbox, parent),
        "childFolderCount": sum(above == name for above in CHILDREN.values()),
        "unreadItemCount": 0,
        "totalItemCount": 0,
        "sizeInBytes": 0,
        "isHidden": False,
    }


def user(row: Row) -> Row:
    return {
        "businessPhones": [],
        "displayName": f"{row['first_name']} {row['last_name']}",
        "givenName": row["first_name"],
        "jobTitle": row["role"],
        "mail": row["email"],
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": row["last_name"],
        "userPrincipalName": row["email"].lower(),
        "id": row["id"],
        "accountEnabled": row["is_active"],
        "createdDateTime": stamp(row["created_at"]),
        "department": row["team_name"],
        "proxyAddresses": [f"SMTP:{row['email']}", f"smtp:sales.{row['email'].lower()}"],
        "userType": "Member",
    }


def message_id(row: Row, *, is_immutable: bool) -> str:
    """The id; the ordinary one changes with the folder."""
    if is_immutable:
        return str(row["id"])
    return f"AAMkAGY0{_digest(row['id'], row['folder'])}"


def message(row: Row, *, is_immutable: bool = True) -> Row:
    copied = [person(row["cc_name"], row["cc_email"])] if row["cc_email"] else []
    sender = person(row["from_name"], row["from_email"])
    change_key = _digest(row["_key"], row["_from"])
    return {
        "@odata.etag": etag(row),
        "id": message_id(row, is_immutable=is_immutable),
        "createdDateTime": stamp(row["received_at"]),
        "lastModifiedDateTime": stamp(row["_from"]),
        "changeKey": change_key,
        "categories": [],
        "receivedDateTime": stamp(row["received_at"]),
        "sentDateTime": stamp(row["sent_at"]),
        "hasAttachments": row["mail_n"] % 4 == 0,
        "internetMessageId": row["message_id"],
        "subject": row["subject"],
        "bodyPreview": SECRET_TEXT,
        "importance": "normal",
        "parentFolderId": folder_id(row["mailbox_n"], row["folder"]),
        "conversationId": row["thread_id"],
        "conversationIndex": _digest(row["thread_id"], row["mail_n"]),
        "isDeliveryReceiptRequested": False,
        "isReadReceiptRequested": False,
        "isRead": row["is_read"],
        "isDraft": row["folder"] == DRAFTS,
        "webLink": f"https://outlook.office365.com/owa/?ItemID={change_key}",
        "inferenceClassification": "focused",
        "body": {"contentType": "text", "content": SECRET_TEXT},
        "sender": sender,
        "from": sender,
        "toRecipients": [person(row["to_name"], row["to_email"])],
        "ccRecipients": copied,
        "bccRecipients": [],
        "replyTo": [],
        "flag": {"flagStatus": "notFlagged"},
    }


def bare_occurrence(row: Row) -> Row:
    """All that a delta tells of an occurrence that is like its series."""
    return {
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": etag(row),
        "seriesMasterId": row["series_id"],
        "type": "occurrence",
        "id": row["id"],
        "start": local(row["starts_at"]),
        "end": local(row["ends_at"]),
    }


def event(row: Row) -> Row:
    change_key = _digest(row["_key"], row["_from"])
    is_own = row["is_organizer"]
    return {
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": etag(row),
        "id": row["id"],
        "createdDateTime": stamp(row["created_at"]),
        "lastModifiedDateTime": stamp(row["_from"]),
        "changeKey": change_key,
        "categories": [],
        "transactionId": None,
        "originalStartTimeZone": row["time_zone"],
        "originalEndTimeZone": row["time_zone"],
        "iCalUId": _digest("event", row["activity_n"] or row["series_id"] or row["id"]),
        "reminderMinutesBeforeStart": 15,
        "isReminderOn": True,
        "hasAttachments": False,
        "subject": row["subject"],
        "bodyPreview": SECRET_TEXT,
        "importance": "normal",
        "sensitivity": _sensitivity(row),
        "isAllDay": False,
        "isCancelled": row["is_cancelled"],
        "isOrganizer": is_own,
        "responseRequested": True,
        "seriesMasterId": row["series_id"],
        "showAs": "busy",
        "type": row["type"],
        "webLink": f"https://outlook.office365.com/owa/?itemid={change_key}",
        "onlineMeetingUrl": None,
        "isOnlineMeeting": True,
        "onlineMeetingProvider": "teamsForBusiness",
        "allowNewTimeProposals": True,
        "isDraft": False,
        "hideAttendees": False,
        "recurrence": _recurrence(row) if row["type"] == "seriesMaster" else None,
        "responseStatus": {
            "response": "organizer" if is_own else row["response"],
            "time": "0001-01-01T00:00:00Z",
        },
        "body": {"contentType": "html", "content": f"<p>{SECRET_TEXT}</p>"},
        "start": local(row["starts_at"]),
        "end": local(row["ends_at"]),
        "location": {"displayName": "Microsoft Teams Meeting", "locationType": "default"},
        "locations": [],
        "attendees": _attendees(row),
        "organizer": person(row["own_name"], row["own_email"]),
        "onlineMeeting": {"joinUrl": f"https://teams.microsoft.com/l/meetup-join/{change_key}"},
    }


def _sensitivity(row: Row) -> str:
    return "private" if (row["activity_n"] or 1) % 13 == 0 else "normal"


def _attendees(row: Row) -> list[Row]:
    found = []
    if row["guest_email"]:
        answered = row["response"] != "none"
        status = {
            "response": row["response"],
            "time": stamp(row["answered_at"] if answered else datetime(1, 1, 1)),
        }
        guest = person(row["guest_name"], row["guest_email"])
        found.append({"type": "required", "status": status, **guest})
    if row["manager_email"]:
        status = {"response": "none", "time": "0001-01-01T00:00:00Z"}
        manager = person(row["manager_name"], row["manager_email"])
        found.append({"type": "optional", "status": status, **manager})
    return found


def _recurrence(row: Row) -> Row:
    day = f"{row['starts_at']:%Y-%m-%d}"
    return {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]},
        "range": {"type": "numbered", "startDate": day, "numberOfOccurrences": 26},
    }


def _digest(*parts: object) -> str:
    return hashlib.md5(repr(parts).encode(), usedforsecurity=False).hexdigest()
