"""Instants in requests, and paging tokens: a place in the activity log as opaque text."""

import base64
import binascii
from datetime import UTC, datetime

from ingestion.sandbox.store import naive
from ingestion.sandbox.vendors.marketo.access import error


def instant(text: str) -> datetime:
    """An ISO 8601 instant, UTC without zone; a blank may stand for the plus of an offset."""
    try:
        found = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError as invalid:
        raise error(1003, f"Invalid datetime '{text}'") from invalid
    return naive(found.astimezone(UTC) if found.tzinfo else found)


def token_of(at: datetime, activity_id: int) -> str:
    """The token for what comes after an activity."""
    text = f"{at.isoformat()}|{activity_id}"
    return base64.b32encode(text.encode("ascii")).decode("ascii").rstrip("=")


def place_of(token: str) -> tuple[datetime, int]:
    """Instant and activity that a token stands for."""
    try:
        text = base64.b32decode(token + "=" * (-len(token) % 8)).decode("ascii")
        at, _, activity_id = text.partition("|")
        return datetime.fromisoformat(at), int(activity_id)
    except (binascii.Error, ValueError) as invalid:
        raise error(1003, "Invalid next page token") from invalid
