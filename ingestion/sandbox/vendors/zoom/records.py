"""Zoom's records as JSON."""

from datetime import datetime
from typing import Any

Row = dict[str, Any]


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def user(row: Row) -> Row:
    return {
        "id": row["id"],
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "display_name": f"{row['first_name']} {row['last_name']}",
        "email": row["email"],
        "type": row["license"],
        "role_id": "2",
        "pmi": 4_000_000_000 + row["user_n"],
        "use_pmi": False,
        "timezone": row["timezone"],
        "verified": 1,
        "dept": row["dept"] or "",
        "created_at": stamp(row["created_at"]),
        "user_created_at": stamp(row["created_at"]),
        "last_login_time": stamp(row["created_at"]),
        "last_client_version": "6.2.11.43613(win)",
        "status": "active" if row["is_active"] else "inactive",
        "language": "en-US",
        "phone_number": "",
        "pic_url": "",
        "vanity_url": "",
        "host_key": f"{100_000 + row['user_n']}",
        "employee_unique_id": "",
        "plan_united_type": "1",
        "custom_attributes": [],
        "group_ids": [],
        "im_group_ids": [],
    }


def meeting(row: Row) -> Row:
    return {
        "uuid": row["uuid"],
        "id": row["id"],
        "host_id": row["host_id"],
        "topic": row["topic"],
        "type": 2,
        "start_time": stamp(row["started_at"]),
        "duration": row["minutes"],
        "timezone": "UTC",
        "created_at": stamp(row["started_at"]),
        "join_url": f"https://zoom.us/j/{row['id']}",
    }


def report_row(row: Row) -> Row:
    return {
        "uuid": row["uuid"],
        "id": row["id"],
        "type": 2,
        "topic": row["topic"],
        "user_name": row["host_name"],
        "user_email": row["host_email"],
        "start_time": stamp(row["started_at"]),
        "end_time": stamp(row["ended_at"]),
        "duration": row["minutes"],
        "total_minutes": row["total_minutes"],
        "participants_count": row["participants_count"],
        "source": "Zoom",
    }


def participant(row: Row) -> Row:
    return {
        "id": row["id"],
        "user_id": str(row["user_id"]),
        "name": row["name"],
        "user_email": row["email"] or "",
        "join_time": stamp(row["joined_at"]),
        "leave_time": stamp(row["left_at"]),
        "duration": int((row["left_at"] - row["joined_at"]).total_seconds()),
        "attentiveness_score": 0,
        "failover": False,
        "status": "in_meeting",
    }
