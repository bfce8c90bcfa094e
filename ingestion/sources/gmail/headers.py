"""A message of Gmail as a row: its headers, read as RFC 5322 has them."""

import json
from datetime import datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from ingestion.entity import Row


def row_of(message: dict[str, Any]) -> Row:
    """The columns that one message fills; the first of each header counts."""
    headers = _headers(message)
    senders = _addresses(headers.get("from"))
    labels = message.get("labelIds")
    return {
        "id": message.get("id"),
        "thread_id": message.get("threadId"),
        "message_id": headers.get("message-id"),
        "in_reply_to": headers.get("in-reply-to"),
        "from_name": senders[0][0] if senders else None,
        "from_address": senders[0][1] if senders else None,
        "to_addresses": _as_json(headers.get("to")),
        "cc_addresses": _as_json(headers.get("cc")),
        "subject": _decoded(headers.get("subject")),
        "label_ids": json.dumps(sorted(labels)) if isinstance(labels, list) else None,
        "size_bytes": message.get("sizeEstimate"),
        "is_sent": isinstance(labels, list) and "SENT" in labels,
        "received_at": message.get("internalDate"),
        "sent_at": _instant(headers.get("date")),
    }


def _headers(message: dict[str, Any]) -> dict[str, str]:
    payload = message.get("payload")
    found: dict[str, str] = {}
    for header in payload.get("headers", []) if isinstance(payload, dict) else []:
        found.setdefault(str(header.get("name")).lower(), str(header.get("value")))
    return found


def _addresses(header: str | None) -> list[tuple[str, str]]:
    """Names and addresses, in the order of the header; groups and broken parts are left out."""
    found = getaddresses([header]) if header else []
    return [(_decoded(name) or "", address) for name, address in found if "@" in address]


def _as_json(header: str | None) -> str | None:
    addresses = [address for _, address in _addresses(header)]
    return json.dumps(addresses, ensure_ascii=False) if addresses else None


def _decoded(text: str | None) -> str | None:
    """Encoded words as text; left as they are where they are broken or in an unknown script."""
    if text is None or "=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeDecodeError):
        return text


def _instant(header: str | None) -> datetime | None:
    """When the sender says it was sent; None where that is no time."""
    try:
        return parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
