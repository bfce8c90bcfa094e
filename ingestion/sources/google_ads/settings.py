"""Google Ads: campaigns and what they cost each day."""

from datetime import date, timedelta

from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import Entity, columns
from ingestion.http import Rate

API = "/v21"
TOKEN_PATH = "/token"
RATE = Rate(calls=10, per_seconds=1)
# The smallest access level has 2,880 operations a day.
BUDGET = DailyBudget(calls=2_000)
RESTATED = timedelta(days=30)
HISTORY_START = date(2015, 1, 1)


class Connection(BaseModel):
    """An OAuth client with a refresh token, the developer token, and the account's number."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    developer_token: SecretStr
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr
    customer_id: str


CAMPAIGNS = Entity(
    "campaigns",
    ("id",),
    columns(
        text="id name status advertising_channel_type currency_code",
        date="start_date end_date",
        count="budget_micros",
    ),
    "Advertising campaigns, removed ones included.",
    memory="latest",
)
CAMPAIGN_DAILY = Entity(
    "campaign_daily",
    ("campaign_id", "date"),
    columns(
        text="campaign_id currency_code",
        date="date",
        count="cost_micros impressions clicks",
        number="conversions",
    ),
    "Cost and result of a campaign on a day; the last 30 days are still restated.",
    cursor="date",
    memory="latest",
)

ENTITIES: tuple[Entity, ...] = (CAMPAIGNS, CAMPAIGN_DAILY)

_ACCOUNT = "Read only access to the account"
PERMISSIONS = {CAMPAIGNS.name: _ACCOUNT, CAMPAIGN_DAILY.name: _ACCOUNT}
