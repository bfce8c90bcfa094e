"""Highspot: people, spots, items, and two reports that an administrator makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import Entity, columns

PAGE_ROWS = 100
WORKERS = 4
MINUTE = timedelta(minutes=1)
# Highspot publishes no limit of this API; its other API has 100 calls a minute.
CALLS_A_MINUTE = 100
# A run takes a call for each spot and for each 100 items: 40,000 are 24 runs over 1,600 spots.
BUDGET = DailyBudget(calls=40_000)


class Connection(BaseModel):
    """An API key with its secret, the account's API address, and the ids of two reports."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    api_key: str
    api_secret: SecretStr
    pitches_report_id: str
    views_report_id: str
    calls_per_minute: int = Field(CALLS_A_MINUTE, gt=0)


@dataclass(frozen=True)
class Report:
    """A report as CSV. `headers` names its columns, `identity` what a row cannot be without.

    The entity's key is made of the `identity` and of the columns in `also`, which may be empty.
    """

    title: str
    entity: Entity
    headers: dict[str, str]
    identity: tuple[str, ...]
    also: tuple[str, ...]
    happened_at: str


USERS = Entity(
    "users",
    ("id",),
    columns(
        text="id email name first_name last_name title department",
        flag="verified",
        instant="date_added",
    ),
    "People of the account, those who are not verified among them.",
    memory="latest",
)
SPOTS = Entity(
    "spots",
    ("id",),
    columns(text="id title description", instant="date_added"),
    "Spots: the folders of content.",
    memory="latest",
)
ITEMS = Entity(
    "items",
    ("spot_id", "id"),
    columns(
        text="spot_id id title description content_type content_name author",
        instant="date_added date_updated",
    ),
    "Content, in the spot in which it is listed.",
    memory="latest",
)
PITCHES = Report(
    "Pitches",
    Entity(
        "pitches",
        ("pitch_key",),
        columns(
            text="pitch_key pitch_id pitch_name item_id item_name spot_name sender_email"
            " recipient_email crm opportunity_id",
            instant="sent_at",
        ),
        "Shares: a row for each pitch, item and recipient, with the deal.",
        cursor="sent_at",
        memory="latest",
    ),
    {
        "Pitch ID": "pitch_id",
        "Pitch Name": "pitch_name",
        "Item ID": "item_id",
        "Item Name": "item_name",
        "Spot Name": "spot_name",
        "Sender Email": "sender_email",
        "Recipient Email": "recipient_email",
        "Sent At (UTC)": "sent_at",
        "CRM": "crm",
        "Opportunity ID": "opportunity_id",
    },
    identity=("pitch_id", "item_id", "sent_at"),
    also=("recipient_email",),
    happened_at="sent_at",
)
VIEWS = Report(
    "Views",
    Entity(
        "views",
        ("view_key",),
        columns(
            text="view_key item_id pitch_id viewer_email viewer_type downloaded",
            number="time_spent_seconds",
            instant="viewed_at",
        ),
        "Views of items by recipients and by the company's own people, seconds.",
        cursor="viewed_at",
        memory="latest",
    ),
    {
        "Item ID": "item_id",
        "Pitch ID": "pitch_id",
        "Viewer Email": "viewer_email",
        "Viewer Type": "viewer_type",
        "Viewed At (UTC)": "viewed_at",
        "Time Spent (Seconds)": "time_spent_seconds",
        "Downloaded": "downloaded",
    },
    identity=("item_id", "viewed_at"),
    also=("pitch_id", "viewer_email"),
    happened_at="viewed_at",
)

ENTITIES: tuple[Entity, ...] = (USERS, SPOTS, ITEMS, PITCHES.entity, VIEWS.entity)

_SPOTS = "view every spot that is to be landed"
PERMISSIONS: Mapping[str, str] = {
    USERS.name: "view people",
    SPOTS.name: _SPOTS,
    ITEMS.name: _SPOTS,
    PITCHES.entity.name: "view the spot of the report on pitches",
    VIEWS.entity.name: "view the spot of the report on views",
}
