"""One mailbox: what changed since a history id, or everything of the last year."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingestion.entity import DELETED, VERSION_AT, Row
from ingestion.http import RefusedError, VendorClient, field_of
from ingestion.sources.gmail.headers import row_of
from ingestion.sources.gmail.settings import HEADERS, LEFT_OUT, OLDER_IN_A_ROW, PAGE_ROWS

API = "/gmail/v1/users/me"
NOT_THERE = 404
FIELDS = "id,threadId,labelIds,sizeEstimate,internalDate,payload/headers"
CHANGED = ("messagesAdded", "labelsAdded", "labelsRemoved")
GONE = "messagesDeleted"


@dataclass(frozen=True)
class Position:
    """How far a mailbox has been read: its history id, and the time from which on it was."""

    history_id: str
    since: str


@dataclass(frozen=True)
class Found:
    """What one reading of a mailbox brought. `is_whole`: everything there is, not only changes."""

    rows: list[Row]
    position: Position
    is_whole: bool


@dataclass(frozen=True)
class Mailbox:
    """A person's mailbox; `client` speaks for that person."""

    id: str
    email: str
    client: VendorClient
    clock: Callable[[], datetime]

    def read(self, held: Position | None, since: datetime) -> Found:
        """What changed since the held position. Without one, or when its history is over, all
        messages since `since`, or since the time that an earlier reading began with."""
        if held is not None:
            try:
                return self._changes(held)
            except RefusedError as refused:
                if refused.status != NOT_THERE:
                    raise
        return self._everything(held.since if held else since.astimezone(UTC).isoformat())

    def reached(self) -> str:
        """The history id that the mailbox has reached."""
        profile = self.client.get_json(f"{API}/profile")
        return str(field_of(profile, "historyId", "gmail: profile"))

    def _changes(self, held: Position) -> Found:
        changed: dict[str, bool] = {}
        reached: list[int] = []
        asked = {"startHistoryId": held.history_id, "maxResults": PAGE_ROWS}
        for answer in self._pages("history", asked):
            reached.append(int(field_of(answer, "historyId", "gmail: history")))
            for record in answer.get("history", []):
                for kind in (*CHANGED, GONE):
                    for change in record.get(kind, []):
                        message_id = change["message"]["id"]
                        changed[message_id] = kind == GONE or changed.get(message_id, False)
        rows = [
            self._tombstone(each) if is_gone else self._row(each)
            for each, is_gone in changed.items()
        ]
        return Found(rows, Position(str(min(reached)), held.since), is_whole=False)

    def _everything(self, since: str) -> Found:
        """Lists go from new to old, but for single messages: many older ones in a row end them."""
        reached = self.reached()
        from_then = datetime.fromisoformat(since)
        rows: dict[Any, Row] = {}
        older = 0
        for message_id in self._listed():
            row = self._row(message_id) if message_id not in rows else None
            if row is None or row[DELETED]:
                continue
            older = older + 1 if _is_before(row, from_then) else 0
            if older == 0:
                rows[message_id] = row
            elif older == OLDER_IN_A_ROW:
                break
        return Found(list(rows.values()), Position(reached, since), is_whole=True)

    def _listed(self) -> Iterator[Any]:
        """The ids of all messages, drafts and spam among them; None where a record has none."""
        asked = {"maxResults": PAGE_ROWS, "includeSpamTrash": "true"}
        for answer in self._pages("messages", asked):
            for listed in answer.get("messages", []):
                yield listed.get("id") if isinstance(listed, dict) else None

    def _pages(self, path: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        asked = dict(params)
        while True:
            answer = self.client.get_json(f"{API}/{path}", asked)
            yield answer
            if not answer.get("nextPageToken"):
                return
            asked["pageToken"] = answer["nextPageToken"]

    def _row(self, message_id: Any) -> Row:
        """The message as it is now; a tombstone if it is gone or was made a draft or spam."""
        if not isinstance(message_id, str):
            return {"id": message_id, "mailbox_id": self.id, DELETED: False}
        try:
            message = self.client.get_json(
                f"{API}/messages/{message_id}",
                {"format": "metadata", "metadataHeaders": HEADERS, "fields": FIELDS},
            )
        except RefusedError as refused:
            if refused.status != NOT_THERE:
                raise
            return self._tombstone(message_id)
        if LEFT_OUT & set(message.get("labelIds") or ()):
            return self._tombstone(message_id)
        return {
            **row_of(message),
            "mailbox_id": self.id,
            "mailbox_email": self.email,
            VERSION_AT: self.clock(),
            DELETED: False,
        }

    def _tombstone(self, message_id: str) -> Row:
        return {
            "id": message_id, "mailbox_id": self.id, VERSION_AT: self.clock(), DELETED: True
        }  # fmt: skip


def _is_before(row: Row, instant: datetime) -> bool:
    """Whether a message is older; one without a time is not."""
    received = row.get("received_at")
    if not isinstance(received, str) or not received.isdigit():
        return False
    return int(received) < instant.timestamp() * 1_000
