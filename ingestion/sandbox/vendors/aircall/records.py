"""Aircall's records as JSON: instants in Unix seconds in calls and contacts, else ISO 8601."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ingestion.sandbox.vendors.aircall.aircall_tables import TAGS

LINK = "https://api.aircall.io/v1"
Row = dict[str, Any]


def unix(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.replace(tzinfo=UTC).timestamp())


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def call(row: Row) -> Row:
    return {
        "id": row["id"],
        "sid": f"CA{row['id']:032x}",
        "direct_link": f"{LINK}/calls/{row['id']}",
        "direction": row["direction"],
        "status": row["status"],
        "missed_call_reason": row["missed_call_reason"],
        "started_at": unix(row["started_at"]),
        "answered_at": unix(row["answered_at"]),
        "ended_at": unix(row["ended_at"]),
        "duration": row["duration"],
        "voicemail": None,
        "recording": None,
        "asset": None,
        "raw_digits": row["other_number"],
        "user": {"id": row["user_id"], "direct_link": f"{LINK}/users/{row['user_id']}"},
        "contact": row["contact_id"] and {"id": row["contact_id"]},
        "archived": row["is_archived"],
        "assigned_to": None,
        "transferred_by": None,
        "transferred_to": None,
        "transferred_from": None,
        "cost": "0.0",
        "country_code_a2": None,
        "pricing_type": "free",
        "number": {"id": row["number_id"], "digits": row["rep_number"]},
        "tags": [_tag(row["tag_id"])] if row["tag_id"] else [],
        "teams": [],
        "comments": [],
    }


def user(row: Row) -> Row:
    return {
        "id": row["id"],
        "direct_link": f"{LINK}/users/{row['id']}",
        "name": row["name"],
        "email": row["email"],
        "available": True,
        "availability_status": "available",
        "created_at": iso(row["created_at"]),
        "time_zone": row["time_zone"],
        "language": "en-US",
        "wrap_up_time": 0,
        "state": "always_opened",
        "extension": f"{row['user_n']:03}",
        "numbers": [{"id": row["number_id"]}],
    }


def number(row: Row) -> Row:
    return {
        "id": row["id"],
        "direct_link": f"{LINK}/numbers/{row['id']}",
        "name": row["name"],
        "digits": row["digits"],
        "country": row["country"],
        "time_zone": row["time_zone"],
        "open": True,
        "availability_status": "open",
        "is_ivr": False,
        "live_recording_activated": False,
        "messages": {},
        "created_at": iso(row["created_at"]),
        "updated_at": iso(row["created_at"]),
    }


def team(row: Row) -> Row:
    return {
        "id": row["id"],
        "direct_link": f"{LINK}/teams/{row['id']}",
        "name": row["name"],
        "created_at": iso(row["created_at"]),
        "users": [{"id": user_id} for user_id in row["user_ids"] or []],
    }


def tag(row: Row) -> Row:
    return _tag(row["id"])


def contact(row: Row) -> Row:
    return {
        "id": row["id"],
        "direct_link": f"{LINK}/contacts/{row['id']}",
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "company_name": row["company_name"],
        "information": None,
        "is_shared": True,
        "created_at": unix(row["created_at"]),
        "updated_at": unix(row["updated_at"]),
        "phone_numbers": _labelled(row["id"], row["phone"]),
        "emails": _labelled(row["id"], row["email"]),
    }


def _labelled(record: int, value: str | None) -> list[Row]:
    return [{"id": record, "label": "Work", "value": value}] if value else []


def _tag(tag_id: int) -> Row:
    name, color, description = TAGS[tag_id]
    return {
        "id": tag_id,
        "direct_link": f"{LINK}/tags/{tag_id}",
        "name": name,
        "color": color,
        "description": description,
    }


TO_JSON: dict[str, Callable[[Row], Row]] = {
    "calls": call,
    "users": user,
    "numbers": number,
    "teams": team,
    "tags": tag,
    "contacts": contact,
}
