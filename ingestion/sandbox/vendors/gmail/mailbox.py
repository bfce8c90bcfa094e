"""The Gmail API with the scope `gmail.metadata`: messages without their bodies, and their history.

A history id is the second of a change. What was under way when one was handed out comes after it.
"""

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from ingestion.sandbox.replies import json_reply
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.gmail.access import METADATA, UnitMeter, caller_of
from ingestion.sandbox.vendors.gmail.refusals import not_there, refused
from ingestion.sandbox.world import World

MESSAGES = "gmail.messages"
REMEMBERED = timedelta(days=7)
LARGEST_PAGE = 500
UNITS = {"profile": 1, "history": 2}
UNITS_OF_A_MESSAGE = 5
EVENTS = {
    "messageAdded": "messagesAdded",
    "messageDeleted": "messagesDeleted",
    "labelAdded": "labelsAdded",
    "labelRemoved": "labelsRemoved",
}
Row = dict[str, Any]


def mailbox_routes(world: World) -> APIRouter:
    """Routes below /gmail/v1/users/{user}."""
    meter = UnitMeter()

    def check(request: Request, user: str) -> None:
        email = caller_of(world, request, METADATA).email
        if user.lower() not in ("me", email):
            raise refused(403, "forbidden", f"Delegation denied for {email}")
        kind = request.url.path.split(f"/users/{user}/")[1].split("/")[0]
        meter.spend(email, UNITS.get(kind, UNITS_OF_A_MESSAGE))

    router = APIRouter(prefix="/gmail/v1/users/{user}", dependencies=[Depends(check)])
    store = world.store

    def standing() -> str:
        """The messages as they are. What was told of once is there: nothing is held back here."""
        now = literal(world.clock.now())
        return f"(select * from {MESSAGES} where _from <= {now} and (_to is null or _to > {now}))"

    numbers: dict[str, int] = {}

    def mailbox_of(request: Request) -> int:
        """The number of the caller, which never changes."""
        email = caller_of(world, request, METADATA).email
        if email not in numbers:
            users = store.current("gmail.users")
            found = store.fetch(f"select user_n from {users} where email = {literal(email)}")
            if found.is_empty():
                message = "Mail service not enabled"
                raise refused(400, "failedPrecondition", message, status="FAILED_PRECONDITION")
            numbers[email] = found["user_n"][0]
        return numbers[email]

    def position(mailbox: int) -> int:
        """The newest history id, before changes that are under way and not yet to be seen."""
        now = int(world.clock.now().timestamp())
        held = [key for key in store.held_keys(MESSAGES) if key.startswith(f"{mailbox}/")]
        if not held:
            return now
        keys = ", ".join(literal(key) for key in held)
        under_way = store.fetch(
            f"select epoch(max(_from)) as at from {MESSAGES} where _key in ({keys})"
            f" and _from <= {literal(world.clock.now())} group by _key"
        )["at"].to_list()
        return min(now, *(int(each) - 1 for each in under_way))

    @router.get("/profile")
    def profile(request: Request) -> Response:
        mailbox = mailbox_of(request)
        found = store.fetch(
            "select count(*) as messages, count(distinct thread_id) as threads"
            f" from {store.current(MESSAGES)}"  # where a fault may hold a change back
            f" where mailbox_n = {mailbox} and not _deleted"
        ).to_dicts()[0]
        return json_reply(
            {
                "emailAddress": caller_of(world, request, METADATA).email,
                "messagesTotal": found["messages"],
                "threadsTotal": found["threads"],
                "historyId": str(position(mailbox)),
            }
        )

    @router.get("/messages")
    def messages(request: Request) -> Response:
        asked = request.query_params
        if "q" in asked:
            raise refused(403, "forbidden", "Metadata scope does not support 'q' parameter")
        size = _page_size(request)
        where = f"mailbox_n = {mailbox_of(request)} and not _deleted"
        if asked.get("includeSpamTrash") != "true":
            where += " and not list_contains(labels, 'TRASH')"
        token = asked.get("pageToken", "")
        if token:
            where += f" and {_after(token)}"
        rows = store.fetch(
            f"select id, thread_id, epoch(received_at) as at, mail_n from {standing()}"
            f" where {where} order by received_at desc, mail_n desc limit {size + 1}"
        ).to_dicts()
        body: Row = {"resultSizeEstimate": len(rows)}
        if rows:
            body["messages"] = [
                {"id": row["id"], "threadId": row["thread_id"]} for row in rows[:size]
            ]
        if len(rows) > size:
            last = rows[size - 1]
            body["nextPageToken"] = f"{int(last['at']):010d}{last['mail_n']:010d}"
        return json_reply(body)

    @router.get("/messages/{message_id}")
    def message(request: Request, message_id: str) -> Response:
        wanted = request.query_params.get("format", "full")
        if wanted not in ("minimal", "metadata"):
            name = wanted.upper()
            raise refused(403, "forbidden", f"Metadata scope doesn't allow format {name}")
        key = f"{mailbox_of(request)}/{message_id}"
        rows = store.fetch(f"select * from {standing()} where _key = ?", [key]).to_dicts()
        if not rows or rows[0]["_deleted"]:
            raise not_there()
        names = request.query_params.getlist("metadataHeaders")
        found = _message(rows[0], names if wanted == "metadata" else None)
        return json_reply(_chosen(found, request.query_params.get("fields", "")))

    @router.get("/history")
    def history(request: Request) -> Response:
        asked = request.query_params
        start = asked.get("startHistoryId", "")
        if not start.isdigit():
            raise refused(400, "invalidArgument", "Missing/invalid parameter: startHistoryId")
        mailbox = mailbox_of(request)
        now = world.clock.now()
        since = datetime.fromtimestamp(int(start), UTC)
        if now - since > REMEMBERED or since > now:
            raise not_there()
        size = _page_size(request)
        after = _read_token(asked["pageToken"]) if "pageToken" in asked else (since, "~")
        store.current(MESSAGES)  # where a fault may hold a change back
        rows = store.fetch(
            "select * from (select *, lag(labels) over (partition by _key order by _from)"
            f" as labels_before from {store.versions(MESSAGES)} where mailbox_n = {mailbox})"
            f" where (_from, _key) > ({literal(after[0])}, {literal(after[1])})"
            f" order by _from, _key limit {size + 1}"
        ).to_dicts()
        kinds = {EVENTS[kind] for kind in asked.getlist("historyTypes") if kind in EVENTS}
        records = [_record(row, kinds or set(EVENTS.values())) for row in rows[:size]]
        body: Row = {"historyId": str(position(mailbox))}
        if any(records):
            body["history"] = [record for record in records if record]
        if len(rows) > size:
            body["nextPageToken"] = _token(rows[size - 1])
        return json_reply(body)

    return router


def _page_size(request: Request) -> int:
    return max(1, min(int(request.query_params.get("maxResults", "100")), LARGEST_PAGE))


def _after(token: str) -> str:
    """The rows of a list after those that a page token stands for."""
    if not re.fullmatch(r"\d{20}", token):
        raise refused(400, "invalidArgument", "Invalid pageToken")
    at, number = int(token[:10]), int(token[10:])
    return f"(epoch(received_at), mail_n) < ({at}, {number})"


def _token(row: Row) -> str:
    """The page of a history after this change."""
    return base64.urlsafe_b64encode(f"{row['_from']} {row['_key']}".encode()).decode()


def _read_token(token: str) -> tuple[datetime, str]:
    try:
        instant, _, key = base64.urlsafe_b64decode(token).decode().rpartition(" ")
        return datetime.fromisoformat(instant), key
    except (binascii.Error, ValueError):
        raise refused(400, "invalidArgument", "Invalid pageToken") from None


def _record(row: Row, kinds: set[str]) -> Row:
    """One change as history shows it; nothing where none of these kinds happened."""
    message = {"id": row["id"], "threadId": row["thread_id"], "labelIds": row["labels"]}
    before = row["labels_before"]
    changes: Row = {}
    if row["_deleted"]:
        changes["messagesDeleted"] = [{"message": message}]
    elif before is None:
        changes["messagesAdded"] = [{"message": message}]
    else:
        for kind, old, new in (
            ("labelsAdded", before, row["labels"]),
            ("labelsRemoved", row["labels"], before),
        ):
            labels = [label for label in new if label not in old]
            if labels:
                changes[kind] = [{"message": message, "labelIds": labels}]
    shown = {kind: change for kind, change in changes.items() if kind in kinds}
    if not shown:
        return {}
    short = {"id": row["id"], "threadId": row["thread_id"]}
    return {"id": _stamp(row["_from"]), "messages": [short], **shown}


def _message(row: Row, names: list[str] | None) -> Row:
    """A message; `names` are the headers asked for, all of them if empty, none if None."""
    found = {
        "id": row["id"],
        "threadId": row["thread_id"],
        "labelIds": row["labels"],
        "snippet": f"Dear {row['to_name']}, this is what {row['from_name']} confides to you",
        "sizeEstimate": row["size_bytes"],
        "historyId": _stamp(row["_from"]),
        "internalDate": f"{_stamp(row['received_at'])}000",
    }
    if names is None:
        return found
    wanted = {name.lower() for name in names}
    headers = [
        {"name": name, "value": value}
        for name, value in _headers(row).items()
        if value and (not wanted or name.lower() in wanted)
    ]
    payload = {"mimeType": "text/plain", "headers": headers}
    return {**found, "payload": payload}


def _headers(row: Row) -> dict[str, str | None]:
    sent = row["sent_at"].replace(tzinfo=UTC)
    return {
        "Received": f"from mail.example by mx.example; {format_datetime(sent)}",
        "MIME-Version": "1.0",
        "Date": format_datetime(sent),
        "Message-ID": row["message_id"],
        "In-Reply-To": row["in_reply_to"],
        "Subject": row["subject"],
        "From": _address(row["from_name"], row["from_email"]),
        "To": _address(row["to_name"], row["to_email"]),
        "Cc": _address(row["cc_name"], row["cc_email"]) if row["cc_email"] else None,
        "X-Mailer": "Sandbox",
    }


def _address(name: str, email: str) -> str:
    """Gmail shows names as they are, whatever their script."""
    return f'"{name}" <{email}>'


def _chosen(message: Row, fields: str) -> Row:
    """The parts of a message that `fields` names, all of them without it."""
    if not fields:
        return message
    found: Row = {}
    for each in fields.split(","):
        name, _, inner = each.partition("/")
        if name in message:
            value = message[name]
            found[name] = {inner: value[inner]} if inner else value
    return found


def _stamp(instant: datetime) -> str:
    return str(int(instant.replace(tzinfo=UTC).timestamp()))
