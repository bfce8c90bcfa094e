"""Zoom: which people, past meetings and participants are landed."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import Entity, columns
from ingestion.feed import Revisit
from ingestion.http import Rate

# What a Pro account has of calls of the categories Medium and Heavy; answers tell of more.
RATE = Rate(calls=20, per_seconds=1)
REPORT_RATE = Rate(calls=10, per_seconds=1)
# A Pro account has 30,000 heavier calls a day.
BUDGET = DailyBudget(calls=24_000)
WORKERS = 4
PAGE_ROWS = 300
# Reports reach back six months, the shortest of which have 181 days.
REPORTED = timedelta(days=180)
# A meeting shows in reports some minutes after its end, on bad days hours later.
LAG = timedelta(hours=2)
LATE_REPORTS = Revisit(every=timedelta(days=1), overlap=timedelta(days=3))


class Connection(BaseModel):
    """A Server-to-Server OAuth app of the account."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    token_url: str
    account_id: str
    client_id: str
    client_secret: SecretStr


USERS = Entity(
    "users",
    ("id",),
    columns(
        text="id email first_name last_name status dept timezone",
        count="type",
        instant="created_at",
    ),
    "People of the account, those who left among them.",
    memory="latest",
)
MEETINGS = Entity(
    "meetings",
    ("uuid",),
    columns(
        text="uuid id host_id topic user_email",
        count="type duration total_minutes participants_count",
        instant="start_time end_time",
    ),
    "Meetings that took place with two people or more; duration in minutes.",
    cursor="end_time",
)
PARTICIPANTS = Entity(
    "participants",
    ("meeting_uuid", "user_id", "join_time"),
    columns(
        text="meeting_uuid user_id id name user_email",
        count="duration",
        instant="join_time leave_time",
    ),
    "Who was in a meeting from when to when, seconds; one who comes back has two rows.",
)

ENTITIES: tuple[Entity, ...] = (USERS, MEETINGS, PARTICIPANTS)

PERMISSIONS = {
    USERS.name: "user:read:list_users:admin",
    MEETINGS.name: "report:read:user:admin",
    PARTICIPANTS.name: "meeting:read:list_past_participants:admin",
}
