"""Stored rows as the JSON that Pipedrive shows, v2 unless its name says v1."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ingestion.sandbox.vendors.pipedrive.fields import CHANNEL, Field, custom_fields, custom_values

Row = Mapping[str, Any]


def instant(value: datetime | None) -> str | None:
    return None if value is None else value.strftime("%Y-%m-%dT%H:%M:%SZ")


def instant_v1(value: datetime | None) -> str | None:
    return None if value is None else value.strftime("%Y-%m-%d %H:%M:%S")


def day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _times(row: Row) -> dict[str, Any]:
    return {"add_time": instant(row["add_time"]), "update_time": instant(row["_from"])}


def organization(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "owner_id": row["owner_id"],
        **_times(row),
        "address": {"value": row["country"], "country": row["country"]},
        "is_deleted": row["is_deleted"],
        "visible_to": 3,
        "label_ids": [],
        "custom_fields": custom_values("organization", row),
    }


def person(row: Row) -> dict[str, Any]:
    def contact(value: str | None) -> list[dict[str, Any]]:
        return [] if value is None else [{"value": value, "primary": True, "label": "work"}]

    names = (row["first_name"], row["last_name"])
    return {
        "id": row["id"],
        "name": " ".join(name for name in names if name),
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "owner_id": row["owner_id"],
        "org_id": row["org_id"],
        **_times(row),
        "emails": contact(row["email"]),
        "phones": contact(row["phone"]),
        "job_title": row["job_title"],
        "is_deleted": row["is_deleted"],
        "visible_to": 3,
        "label_ids": [],
        "picture_id": None,
        "custom_fields": custom_values("person", row),
    }


def close_time(row: Row) -> str | None:
    """Sales people enter the day; Pipedrive keeps an instant."""
    return None if row["closed_on"] is None else f"{row['closed_on']}T16:00:00Z"


def deal(row: Row, include: frozenset[str] = frozenset()) -> dict[str, Any]:
    closed_at, closed_on = close_time(row), day(row["closed_on"])
    shown = {
        "id": row["id"],
        "title": row["title"],
        "creator_user_id": row["owner_id"],
        "owner_id": row["owner_id"],
        "value": row["value"],
        "person_id": row["person_id"],
        "org_id": row["org_id"],
        "stage_id": row["stage_id"],
        "pipeline_id": row["pipeline_id"],
        "currency": row["currency"],
        "archive_time": instant(row["_from"]) if row["is_archived"] else None,
        **_times(row),
        "stage_change_time": instant(row["_from"]),
        "status": row["status"],
        "is_archived": row["is_archived"],
        "is_deleted": row["is_deleted"],
        "probability": row["probability"],
        "lost_reason": row["lost_reason"],
        "visible_to": 3,
        "close_time": closed_at,
        "won_time": closed_at if row["is_won"] else None,
        "lost_time": None if row["is_won"] else closed_at,
        "local_won_date": closed_on if row["is_won"] else None,
        "local_lost_date": None if row["is_won"] else closed_on,
        "local_close_date": closed_on,
        "expected_close_date": day(row["expected_close_date"]),
        "label_ids": [],
        "origin": "ManuallyCreated",
        "origin_id": None,
        "channel": CHANNEL.value(row["channel"]),
        "channel_id": row["channel_id"],
        "acv": None,
        "arr": None,
        "mrr": None,
        "custom_fields": custom_values("deal", row),
    }
    if "source_lead_id" in include:
        shown["source_lead_id"] = row["source_lead_id"]
    return shown


def activity(row: Row) -> dict[str, Any]:
    due_at, seconds = row["due_at"], row["duration_seconds"]
    hours, rest = divmod(seconds or 0, 3600)
    return {
        "id": row["id"],
        "subject": row["subject"],
        "type": row["type"],
        "owner_id": row["owner_id"],
        "creator_user_id": row["owner_id"],
        "is_deleted": row["is_deleted"],
        **_times(row),
        "deal_id": row["deal_id"],
        "lead_id": row["lead_id"],
        "person_id": row["person_id"],
        "org_id": row["org_id"],
        "project_id": None,
        "due_date": due_at.strftime("%Y-%m-%d"),
        "due_time": due_at.strftime("%H:%M:%S"),
        "duration": None if seconds is None else f"{hours:02}:{rest // 60:02}:{rest % 60:02}",
        "busy": row["type"] == "meeting",
        "done": row["done"],
        "marked_as_done_time": instant(row["marked_as_done_time"]),
        "location": None,
        "participants": (
            [] if row["person_id"] is None else [{"person_id": row["person_id"], "primary": True}]
        ),
        "conference_meeting_client": None,
        "conference_meeting_url": None,
        "conference_meeting_id": None,
        "public_description": None,
        "priority": None,
        "note": None,
    }


def product(row: Row) -> dict[str, Any]:
    price = {
        "product_id": row["id"],
        "price": row["list_price"],
        "currency": "USD",
        "cost": 0,
        "direct_cost": None,
        "notes": "",
    }
    return {
        "id": row["id"],
        "name": row["name"],
        "code": row["code"],
        "description": None,
        "unit": "",
        "tax": 0,
        "category": row["category"],
        "is_linkable": True,
        "is_deleted": False,
        "visible_to": 3,
        "owner_id": 1,
        **_times(row),
        "billing_frequency": "annually",
        "billing_frequency_cycles": None,
        "prices": [price],
        "custom_fields": {},
    }


def deal_product(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "sum": round(row["quantity"] * row["item_price"], 2),
        "tax": 0,
        "deal_id": row["deal_id"],
        "name": row["name"],
        "product_id": row["product_id"],
        "product_variation_id": None,
        "order_nr": row["order_nr"],
        **_times(row),
        "comments": "",
        "currency": row["currency"],
        "discount": 0,
        "quantity": row["quantity"],
        "item_price": row["item_price"],
        "tax_method": "exclusive",
        "discount_type": "percentage",
        "is_enabled": True,
        "billing_frequency": "annually",
        "billing_frequency_cycles": None,
        "billing_start_date": None,
    }


def lead_v1(row: Row) -> dict[str, Any]:
    """Custom fields stand beside the others; those without a value are left out."""

    def value(field: Field) -> Any:
        shown = field.value(row.get(field.column))
        return str(shown) if field.kind == "enum" and shown is not None else shown

    fields = {field.code: value(field) for field in custom_fields("deal")}
    return {
        "id": row["id"],
        "title": row["title"],
        "owner_id": row["owner_id"],
        "creator_id": row["owner_id"],
        "label_ids": [],
        "person_id": row["person_id"],
        "organization_id": None,
        "source_name": "API",
        "origin": "API",
        "origin_id": None,
        "channel": CHANNEL.value(row["channel"]),
        "channel_id": row["channel_id"],
        "source_deal_id": None,
        "is_archived": row["is_archived"],
        "was_seen": True,
        "value": None,
        "expected_close_date": None,
        "next_activity_id": None,
        "add_time": row["add_time"].strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "update_time": row["_from"].strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "visible_to": "3",
        "cc_email": f"larkfield+lead{row['id'][:8]}@pipedrivemail.example",
        **{code: shown for code, shown in fields.items() if shown is not None},
    }


def user_v1(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "default_currency": "USD",
        "locale": "en_US",
        "lang": 1,
        "email": row["email"],
        "phone": None,
        "activated": True,
        "last_login": instant_v1(row["_from"]),
        "created": instant_v1(row["created"]),
        "modified": instant_v1(row["_from"]),
        "has_created_company": False,
        "access": [{"app": "sales", "admin": False, "permission_set_id": "sales-user"}],
        "active_flag": row["is_active"],
        "timezone_name": "America/Sao_Paulo",
        "timezone_offset": "-03:00",
        "role_id": 1,
        "icon_url": None,
        "is_you": False,
        "is_deleted": False,
    }


def goal_v1(row: Row, currency_id: int | None, *, ends_on: date, is_active: bool) -> dict[str, Any]:
    return {
        "id": row["id"],
        "owner_id": row["user_id"],
        "title": f"Revenue {row['month']:%Y-%m}",
        "type": {"name": "deals_won", "params": {"pipeline_id": None}},
        "assignee": {"type": "person", "id": row["user_id"]},
        "interval": "monthly",
        "duration": {"start": day(row["month"]), "end": day(ends_on)},
        "expected_outcome": {
            "target": row["amount"],
            "tracking_metric": "sum",
            "currency_id": currency_id,
        },
        "is_active": is_active,
        "report_ids": [],
    }
