"""Aircall: calls, people, numbers, teams, tags, contacts."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import Entity, columns
from ingestion.feed import Revisit
from ingestion.http import Rate

API = "/v1"
# 60 calls a minute, spread so that no minute sees many more.
RATE = Rate(calls=5, per_seconds=5)
# There is no limit of a day, but 60 calls a minute for all tools make 86,400.
BUDGET = DailyBudget(calls=40_000)
PAGE_ROWS = 50
CEILING = 10_000
# Calls change without telling: they end, and are tagged in the days after. They are archived later.
SETTLES = timedelta(days=2)
ARCHIVED_WITHIN = Revisit(every=timedelta(days=1), overlap=timedelta(days=35))
SWEEP = Revisit(every=timedelta(days=1))


class Connection(BaseModel):
    """An API key of the company: its id and its token."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    api_id: str
    api_token: SecretStr


CALLS = Entity(
    "calls",
    ("id",),
    columns(
        text="id sid direction status missed_call_reason raw_digits user_id contact_id number_id"
        " number_digits assigned_to_id country_code_a2 tag_ids",
        count="duration",
        number="cost",
        flag="archived",
        instant="started_at answered_at ended_at",
    ),
    "Calls with both numbers: raw_digits is the other party's, number_digits the company's.",
    cursor="started_at",
    memory="latest",
)
USERS = Entity(
    "users",
    ("id",),
    columns(text="id name email time_zone language number_ids", instant="created_at"),
    "People who phone.",
    memory="latest",
)
NUMBERS = Entity(
    "numbers",
    ("id",),
    columns(text="id name digits country time_zone", flag="is_ivr", instant="created_at"),
    "The company's telephone numbers.",
    memory="latest",
)
TEAMS = Entity(
    "teams",
    ("id",),
    columns(text="id name user_ids", instant="created_at"),
    "Teams and the ids of their members, a JSON array.",
    memory="latest",
)
TAGS = Entity("tags", ("id",), columns(text="id name color"), "Tags of calls.", memory="latest")
CONTACTS = Entity(
    "contacts",
    ("id",),
    columns(
        text="id first_name last_name company_name phone_numbers emails",
        flag="is_shared",
        instant="created_at updated_at",
    ),
    "People outside, as Aircall's address book has them; numbers and addresses are JSON arrays.",
    cursor="updated_at",
    memory="latest",
)

ENTITIES: tuple[Entity, ...] = (CALLS, USERS, NUMBERS, TEAMS, TAGS, CONTACTS)

PERMISSIONS = {entity.name: "An API key of the company, made by an admin" for entity in ENTITIES}
