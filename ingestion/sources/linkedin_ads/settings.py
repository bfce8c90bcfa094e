"""LinkedIn Ads: what is landed, and how it is asked for."""

from collections.abc import Mapping
from datetime import date, timedelta

from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import Entity, columns
from ingestion.feed import Revisit
from ingestion.http import Rate

# LinkedIn keeps a version for a year; raise it before it is switched off.
API_VERSION = "202605"
PROTOCOL_VERSION = "2.0.0"
# LinkedIn does not publish its limits: a modest pace, and 429 says the rest.
RATE = Rate(calls=5, per_seconds=1)
# A quiet day of 24 runs takes 150, and 24 more for each 100 creatives.
BUDGET = DailyBudget(calls=2_000)
PAGE_ROWS = 500
CREATIVE_PAGE_ROWS = 100
# An answer of ad analytics ends here without saying so.
ANALYTICS_ROWS = 15_000
WINDOW = timedelta(days=365)
HISTORY_START = date(2015, 1, 1)
RECENT = timedelta(days=3)
RESTATED = Revisit(every=timedelta(days=1), overlap=timedelta(days=90))


class Connection(BaseModel):
    """An app of the Marketing API, a refresh token for it, and the advertising account's number."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    token_url: str
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr
    account_id: str


ACCOUNTS = Entity(
    "accounts",
    ("id",),
    columns(
        text="id name currency type status reference",
        flag="test",
        instant="created_at last_modified_at",
    ),
    "The advertising account.",
    memory="latest",
)
CAMPAIGN_GROUPS = Entity(
    "campaign_groups",
    ("id",),
    columns(
        text="id account_id name status budget_currency",
        number="total_budget",
        instant="run_start_at run_end_at created_at last_modified_at",
    ),
    "Campaign groups: what other platforms call a campaign.",
    memory="latest",
)
CAMPAIGNS = Entity(
    "campaigns",
    ("id",),
    columns(
        text="id account_id campaign_group_id name status type cost_type objective_type "
        "budget_currency",
        number="daily_budget total_budget unit_cost",
        instant="run_start_at run_end_at created_at last_modified_at",
    ),
    "Campaigns within campaign groups: one format and audience each.",
    memory="latest",
)
CREATIVES = Entity(
    "creatives",
    ("id",),
    columns(
        text="id account_id campaign_id intended_status content_reference",
        flag="is_serving",
        instant="created_at last_modified_at",
    ),
    "Advertisements of the campaigns.",
    memory="latest",
)
CAMPAIGN_DAILY = Entity(
    "campaign_daily",
    ("campaign_id", "date"),
    columns(
        text="campaign_id currency_code",
        date="date",
        number="cost",
        count="impressions clicks external_website_conversions one_click_leads",
    ),
    "Cost and result of a campaign on a day (UTC); the last 90 days are still restated.",
    cursor="date",
    memory="latest",
)

ENTITIES: tuple[Entity, ...] = (ACCOUNTS, CAMPAIGN_GROUPS, CAMPAIGNS, CREATIVES, CAMPAIGN_DAILY)

_LISTS = (ACCOUNTS, CAMPAIGN_GROUPS, CAMPAIGNS, CREATIVES)
PERMISSIONS: Mapping[str, str] = {
    **{entity.name: "r_ads" for entity in _LISTS},
    CAMPAIGN_DAILY.name: "r_ads_reporting",
}
