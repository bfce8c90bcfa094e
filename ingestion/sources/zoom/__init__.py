"""Zoom: people, meetings that took place, and who was in them, with a Server-to-Server OAuth app.

Meetings come from the reports of each person, a month at a time and six months back: what is older
cannot be read any more. They do not change; each run reads the days since the newest, and once a
day three more for what reported late. Participants are one call for each meeting that ended since
two hours before the newest. Nothing of this can be deleted but people, whose list is read whole.
Limits: calls a second by category, of which answers tell, and calls a day, after which Retry-After
is an instant. Meetings with a single person are in no report. Recordings, chats and transcripts are
not read.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import requests

from ingestion.auth import BasicLogin, OAuthToken
from ingestion.entity import VERSION_AT, Page, Row
from ingestion.feed import Feed
from ingestion.http import (
    Allowance,
    DayLeft,
    Patience,
    Rate,
    RefusedError,
    VendorClient,
    Verdict,
)
from ingestion.parallel import side_by_side
from ingestion.sources.zoom.reports import Record, Reports, encoded, pages
from ingestion.sources.zoom.settings import (
    LAG,
    LATE_REPORTS,
    MEETINGS,
    PARTICIPANTS,
    RATE,
    REPORT_RATE,
    USERS,
    WORKERS,
    Connection,
)

logger = logging.getLogger(__name__)

BAD_REQUEST, NOT_THERE = 400, 404


def build_source(
    connection: Connection, *, clock: Callable[[], datetime], patience: Patience
) -> Iterator[Feed]:
    """One feed for each entity; the lists of meetings are shared by the last two."""
    login = BasicLogin(connection.client_id, connection.client_secret.get_secret_value())
    api = VendorClient(
        name="zoom",
        base_url=connection.base_url,
        auth=OAuthToken(
            connection.token_url,
            {"grant_type": "account_credentials", "account_id": connection.account_id},
            login=login,
        ),
        rate=RATE,
        patience=patience,
        judge=judge,
        allowance=allowance,
    )
    reports = Reports(api, replace(api, rate=REPORT_RATE), clock)
    yield Feed(USERS, lambda since: read_users(reports, clock), complete=True)
    yield Feed(
        MEETINGS,
        partial(read_meetings, reports),
        overlap=LAG,
        revisit=LATE_REPORTS,
        probe=lambda: [reports.some_meetings()],
    )
    yield Feed(
        PARTICIPANTS,
        partial(read_participants, reports),
        overlap=LAG,
        revisit=LATE_REPORTS,
        probe=partial(probe_participants, reports),
    )


def judge(response: requests.Response) -> Verdict:
    """The wait after a day's limit is the instant at which the next day begins. A missing scope is
    no 403, but has a code."""
    if response.status_code == BAD_REQUEST and "does not contain scopes" in response.text:
        return Verdict(lacks_permission=True, meaning="the app lacks a scope")
    until = response.headers.get("Retry-After", "")
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        return Verdict()
    if response.status_code != 429 or moment.tzinfo is None:
        return Verdict()
    return Verdict(wait_seconds=max(0.0, (moment - datetime.now(UTC)).total_seconds()))


def allowance(response: requests.Response) -> Allowance | Rate | None:
    """The account's calls a second for this category of call, or what is left of its day."""
    limit = response.headers.get("X-RateLimit-Limit", "")
    left = response.headers.get("X-RateLimit-Remaining", "")
    kind = response.headers.get("X-RateLimit-Type", "").lower()
    if kind == "daily-limit" and limit.isdigit() and left.isdigit():
        return Allowance(day=DayLeft(int(left), int(limit)))
    return Rate(int(limit), 1) if kind == "per-second-limit" and limit.isdigit() else None


def read_users(reports: Reports, clock: Callable[[], datetime]) -> Iterator[Page]:
    """All people. Without a time of change, the time of reading is the version's."""
    for page in reports.users():
        yield [
            {**_fields(record, USERS.columns.names), VERSION_AT: clock()}
            if isinstance(record, dict)
            else record
            for record in page
        ]


def read_meetings(reports: Reports, since: datetime | None) -> Iterator[Page]:
    """Meetings that took place since the day before `since`."""
    for page in reports.meetings(since):
        yield [
            {**_fields(record, MEETINGS.columns.names), VERSION_AT: record.get("end_time")}
            if isinstance(record, dict)
            else record
            for record in page
        ]


def read_participants(reports: Reports, since: datetime | None) -> Iterator[Page]:
    """Participants of the meetings that ended at or after `since`."""
    ended = (
        record for page in reports.meetings(since) for record in page if _ended_since(record, since)
    )
    reads = (partial(_seats, reports.api, record) for record in ended)
    for found in side_by_side(reads, workers=WORKERS):
        yield from found


def probe_participants(reports: Reports) -> Iterator[Page]:
    """Participants of one meeting, if a first look finds any."""
    for meeting in reports.some_meetings()[-1:]:
        yield from _seats(reports.api, meeting)


def _seats(client: VendorClient, meeting: Record) -> list[Page]:
    path = f"/past_meetings/{encoded(meeting['uuid'])}/participants"
    try:
        found = list(pages(client, path, {}, "participants"))
    except RefusedError as refused:
        if refused.status != NOT_THERE:
            raise
        logger.warning("zoom: no participants of meeting %s: %s", meeting["uuid"], refused)
        return []
    return [[_seat(meeting, record) for record in page] for page in found]


def _seat(meeting: Record, record: Any) -> Row:
    if not isinstance(record, dict):
        return record
    return {
        **_fields(record, PARTICIPANTS.columns.names),
        "meeting_uuid": meeting["uuid"],
        VERSION_AT: meeting["end_time"],
    }


def _ended_since(meeting: Any, since: datetime | None) -> bool:
    """Whether a meeting's participants are due; one that does not fit is set aside elsewhere."""
    if not isinstance(meeting, dict) or not isinstance(meeting.get("uuid"), str):
        return False
    try:
        ended = datetime.fromisoformat(meeting.get("end_time", ""))
    except (TypeError, ValueError):
        return False
    return since is None or ended >= since


def _fields(record: Record, names: list[str]) -> Row:
    return {name: record.get(name) for name in names}
