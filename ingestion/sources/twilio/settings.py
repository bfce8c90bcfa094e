"""Twilio: which calls and numbers are landed."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import Entity, columns
from ingestion.feed import Revisit
from ingestion.http import Rate

API = "/2010-04-01"
# Twilio limits how many requests run at once (about 100 for an account), not how many a second.
RATE = Rate(calls=20, per_seconds=1)
# There is no limit of a day; this one keeps a mistake from going on unseen.
BUDGET = DailyBudget(calls=50_000)
WORKERS = 4
PAGE_ROWS = 1_000
# A call lasts up to a day, and its price comes up to a day after its end.
SETTLES = timedelta(days=2)
SWEEP = Revisit(every=timedelta(days=1))
# A read of everything is split by start: so many windows back from today, and one for what is
# older.
WINDOW = timedelta(days=30)
WINDOWS = 36


class Connection(BaseModel):
    """A standard API key of the account; with the account's SID as `api_key_sid`, its auth token
    is the secret."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    account_sid: str
    api_key_sid: str
    api_key_secret: SecretStr


CALLS = Entity(
    "calls",
    ("sid",),
    columns(
        text="sid parent_call_sid phone_number_sid from to direction status answered_by price_unit",
        count="duration",
        number="price",
        instant="start_time end_time date_created date_updated",
    ),
    "Legs of calls: who called whom, when and how it ended; a child leg names its parent.",
    cursor="date_updated",
    memory="latest",
)
NUMBERS = Entity(
    "incoming_phone_numbers",
    ("sid",),
    columns(
        text="sid phone_number friendly_name status",
        instant="date_created date_updated",
    ),
    "The account's own numbers, one a representative.",
    memory="latest",
)

ENTITIES: tuple[Entity, ...] = (CALLS, NUMBERS)

_KEY = "leave to read calls and incoming phone numbers"
PERMISSIONS = {CALLS.name: _KEY, NUMBERS.name: _KEY}
