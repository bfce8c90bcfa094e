"""The features computed a second time, row by row with polars and Python, from the same marts.

Slow and plain on purpose: each function looks at one record and one day, so that it can be read
beside the model's description.
"""

import itertools
import math
from datetime import date, timedelta
from typing import Any

import polars as pl

Row = dict[str, Any]
Rows = list[Row]
HUMAN = ("call", "email", "meeting")


def by_key(frame: pl.DataFrame, column: str) -> dict[str, Rows]:
    """Rows of a frame by key, rows without one left out."""
    found: dict[str, Rows] = {}
    for row in frame.filter(pl.col(column).is_not_null()).iter_rows(named=True):
        found.setdefault(row[column], []).append(row)
    return found


def lead_features(row: Row, lead: Row, engagements: Rows, activities: Rows) -> Row:
    """What ftr_lead_scoring__lead_day should hold for a lead on a day, without its attributes."""
    day = row["as_of_date"]
    delivered: dict[str, Any] = {}
    for event in engagements:
        if event["engagement_type"] == "delivered":
            name = event["email_campaign_name"]
            delivered[name] = min(delivered.get(name, event["occurred_at"]), event["occurred_at"])
    counts: dict[tuple[str, date], int] = {}
    for event in engagements:
        kind, when = event["engagement_type"], event["engagement_date"]
        if when > day or when <= day - timedelta(days=180):
            continue
        sent_at = delivered.get(event["email_campaign_name"])
        is_reaction = kind in ("open", "click") and sent_at is not None
        if is_reaction and (event["occurred_at"] - sent_at).total_seconds() < 2:
            continue
        counts[kind, when] = counts.get((kind, when), 0) + 1

    def decayed(kind: str) -> float:
        return sum(
            min(3, count) * 2.0 ** (-(day - when).days / 14.0)
            for (k, when), count in counts.items()
            if k == kind
        )

    engaged = [when for (kind, when) in counts if kind in ("open", "click")]
    done = [
        activity
        for activity in activities
        if activity["is_completed"]
        and activity["activity_type"] in HUMAN
        and activity["activity_date"] <= day
    ]
    first = [
        activity["occurred_at"]
        for activity in done
        if activity["direction"] != "inbound" and activity["occurred_at"] >= lead["created_at"]
    ]
    inbound = sum(a["activity_type"] == "email" and a["direction"] == "inbound" for a in done)
    emails = sum(a["activity_type"] == "email" for a in done)
    last = max((a["activity_date"] for a in done), default=None)
    return {
        "age_days": (day - lead["created_date"]).days,
        "email_open_score": decayed("open"),
        "email_click_score": decayed("click"),
        "email_sent_count_30d": sum(
            count
            for (kind, when), count in counts.items()
            if kind == "sent" and when > day - timedelta(days=30)
        ),
        "days_since_last_engagement": (day - max(engaged)).days if engaged else None,
        "is_unsubscribed": any(kind == "unsubscribe" for kind, _ in counts),
        "call_count": sum(a["activity_type"] == "call" for a in done),
        "outbound_email_count": emails - inbound,
        "inbound_email_count": inbound,
        "meeting_count": sum(a["activity_type"] == "meeting" for a in done),
        "activity_count_14d": sum(a["activity_date"] > day - timedelta(days=14) for a in done),
        "days_since_last_activity": None if last is None else (day - last).days,
        "first_response_hours": (
            (min(first) - lead["created_at"]).total_seconds() // 1 / 3600 if first else None
        ),
    }


def opportunity_features(
    row: Row, opportunity: Row, life: Rows, activities: Rows, closed: Rows, rep_of: dict[str, str]
) -> Row:
    """What ftr_win_probability__opportunity_week should hold for an opportunity on a day.

    `life`: its daily snapshots in order. `closed`: all closed opportunities with outcome_date.
    """
    day = row["as_of_date"]
    past = [snapshot for snapshot in life if snapshot["snapshot_date"] <= day]
    now, first = past[-1], past[0]
    pushes = [
        (b["close_date"] - a["close_date"]).days
        for a, b in itertools.pairwise(past)
        if b["close_date"] > a["close_date"]
    ]
    changes = [
        b["snapshot_date"]
        for a, b in zip([None, *past[:-1]], past, strict=True)
        if a is None or a["stage_order"] != b["stage_order"]
    ]
    done = [
        activity
        for activity in activities
        if activity["is_completed"]
        and activity["activity_type"] in HUMAN
        and activity["activity_date"] <= day
    ]
    month = [a for a in done if a["activity_date"] > day - timedelta(days=30)]
    last = max((a["activity_date"] for a in done), default=None)
    known = [c for c in closed if c["outcome_date"] <= day]
    company_rate = (sum(c["is_won"] for c in known) + 5.0) / (len(known) + 20.0) if known else 0.25
    rep = rep_of[now["sales_rep_key"]]
    own = [c for c in known if rep_of.get(c["sales_rep_key"]) == rep]
    quarter_end = fiscal_quarter_end(day)
    return {
        "stage_name": now["stage_name"],
        "probability_rate": now["probability_rate"],
        "amount": float(now["amount"]),
        "amount_change_rate": float(now["amount"]) / float(first["amount"]) - 1.0,
        "age_days": (day - opportunity["created_date"]).days,
        "stage_age_days": (day - changes[-1]).days,
        "regression_count": sum(
            b["stage_order"] < a["stage_order"] for a, b in itertools.pairwise(past)
        ),
        "push_count": len(pushes),
        "days_pushed": sum(pushes),
        "days_to_close_date": (now["close_date"] - day).days,
        "days_to_quarter_end": (quarter_end - day).days,
        "is_due_this_quarter": now["close_date"] <= quarter_end,
        "rep_win_rate": (sum(c["is_won"] for c in own) + 20.0 * company_rate) / (len(own) + 20.0),
        "activity_count_7d": sum(a["activity_date"] > day - timedelta(days=7) for a in done),
        "activity_count_30d": len(month),
        "inbound_count_30d": sum(a["direction"] == "inbound" for a in month),
        "meeting_count_30d": sum(a["activity_type"] == "meeting" for a in month),
        "contact_count_30d": len({a["contact_key"] for a in month} - {None}),
        "days_since_last_activity": None if last is None else (day - last).days,
        "is_won": opportunity["is_won"] if opportunity["is_closed"] else None,
        "outcome_date": opportunity["outcome_date"] if opportunity["is_closed"] else None,
    }


def fiscal_quarter_end(day: date) -> date:
    """The last day of the quarter of a fiscal year that starts in February."""
    ends = [date(day.year + y, m, 1) - timedelta(days=1) for y in (0, 1) for m in (2, 5, 8, 11)]
    return min(end for end in ends if end >= day)


def differing(actual: Row, expected: Row) -> dict[str, tuple[Any, Any]]:
    """The columns of `expected` that `actual` does not agree with, doubles to nine digits."""
    return {
        name: (actual[name], value)
        for name, value in expected.items()
        if not (
            math.isclose(actual[name], value, rel_tol=1e-9, abs_tol=1e-9)
            if isinstance(value, float) and actual[name] is not None
            else actual[name] == value
        )
    }
