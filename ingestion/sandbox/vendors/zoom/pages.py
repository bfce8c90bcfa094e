"""Zoom's pages: a token for the next one, good for 15 minutes and for the same list only."""

import base64
import binascii
import zlib
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request

from ingestion.sandbox.vendors.zoom.refusals import error

MOST = 300
LIFETIME = timedelta(minutes=15)


def page_of(
    request: Request, records: list[dict[str, Any]], name: str, *, now: datetime
) -> dict[str, Any]:
    """The asked page of a list, with the envelope that Zoom puts around it."""
    size = request.query_params.get("page_size", "30")
    if not size.isdigit() or not 1 <= int(size) <= MOST:
        raise error(400, 300, f"The page_size must be between 1 and {MOST}.")
    rows = int(size)
    token = request.query_params.get("next_page_token", "")
    start = _start(token, _list_of(request), now) if token else 0
    following = ""
    if start + rows < len(records):
        following = _token(start + rows, _list_of(request), now)
    return {
        "page_count": -(-len(records) // rows),
        "page_size": rows,
        "total_records": len(records),
        "next_page_token": following,
        name: records[start : start + rows],
    }


def _list_of(request: Request) -> int:
    """A number for the list a token belongs to: path and filters."""
    kept = sorted(
        (key, value) for key, value in request.query_params.items() if key != "next_page_token"
    )
    return zlib.crc32(f"{request.url.path} {kept}".encode())


def _token(start: int, listed: int, now: datetime) -> str:
    text = f"{start}.{listed}.{int(now.timestamp())}"
    return base64.urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")


def _start(token: str, listed: int, now: datetime) -> int:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii")
        start, belongs, issued = (int(part) for part in text.split("."))
    except (binascii.Error, ValueError):
        raise _invalid() from None
    if belongs != listed or now.timestamp() - issued > LIFETIME.total_seconds():
        raise _invalid()
    return start


def _invalid() -> Exception:
    return error(400, 300, "The next page token is invalid or expired.")
