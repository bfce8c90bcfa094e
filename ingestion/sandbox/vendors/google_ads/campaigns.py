"""Google Ads resources of the company: campaigns with their budgets, and their daily metrics."""

from collections.abc import Iterable
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from ingestion.sandbox.store import VersionTable
from ingestion.sandbox.vendors.google_ads import credentials

GOOGLE_ADS_ID = """create or replace macro google_ads_id(number) as
    cast(21000000000 + number as varchar)"""
ACCOUNT_CURRENCY = "USD"
CUSTOMER = f"customers/{credentials.CUSTOMER_ID}"


@dataclass(frozen=True)
class Column:
    """A GAQL field: its kind in the reply and the SQL that makes it."""

    name: str
    kind: str
    value: str

    @property
    def sql_type(self) -> str:
        types = {"int64": "bigint", "double": "double", "date": "date"}
        return types.get(self.kind, "varchar")


CAMPAIGN_COLUMNS = (
    Column("campaign.id", "int64", "google_ads_id(campaign_n)"),
    Column("campaign.name", "string", "name"),
    Column(
        "campaign.status",
        "enum",
        """case
            when lower(status) in ('removed', 'deleted') then 'REMOVED'
            when lower(status) in ('active', 'enabled', 'in progress', 'running') then 'ENABLED'
            else 'PAUSED' end""",
    ),
    Column("campaign.advertising_channel_type", "enum", "upper(replace(channel, ' ', '_'))"),
    Column("campaign.start_date", "date", "start_date"),
    Column("campaign.end_date", "date", "end_date"),
    Column(
        "campaign.resource_name", "string", f"'{CUSTOMER}/campaigns/' || google_ads_id(campaign_n)"
    ),
    Column(
        "campaign.campaign_budget",
        "string",
        f"'{CUSTOMER}/campaignBudgets/' || google_ads_id(campaign_n)",
    ),
    Column("campaign_budget.id", "int64", "google_ads_id(campaign_n)"),
    Column("campaign_budget.amount_micros", "int64", "round(budget * 1000000)"),
    Column(
        "campaign_budget.resource_name",
        "string",
        f"'{CUSTOMER}/campaignBudgets/' || google_ads_id(campaign_n)",
    ),
    Column("customer.id", "int64", credentials.CUSTOMER_ID),
    Column("customer.currency_code", "string", f"'{ACCOUNT_CURRENCY}'"),
    Column("customer.time_zone", "string", "'America/New_York'"),
    Column("customer.descriptive_name", "string", "'Sandbox'"),
    Column("customer.resource_name", "string", f"'{CUSTOMER}'"),
)
DAILY_COLUMNS = (
    Column("segments.date", "date", "date"),
    Column("metrics.cost_micros", "int64", "round(cost * 1000000)"),
    Column("metrics.impressions", "int64", "impressions"),
    Column("metrics.clicks", "int64", "clicks"),
    Column("metrics.conversions", "double", "conversions"),
)
COLUMNS = {column.name: column for column in CAMPAIGN_COLUMNS + DAILY_COLUMNS}
RESOURCES = ("campaign", "customer")


def _columns(columns: Iterable[Column]) -> str:
    return ", ".join(f'cast({c.value} as {c.sql_type}) as "{c.name}"' for c in columns)


CAMPAIGNS = VersionTable(
    "google_ads",
    "campaign",
    f"select {_columns(CAMPAIGN_COLUMNS)}, google_ads_id(campaign_n) as _key,"
    " version_at as _from from campaigns",
)
DAILY = VersionTable(
    "google_ads",
    "campaign_daily",
    f"select {_columns(DAILY_COLUMNS)}, cast(google_ads_id(campaign_n) as bigint) as campaign_id,"
    " google_ads_id(campaign_n) || '/' || date as _key, version_at as _from from campaign_daily",
)


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Version tables of Google Ads; run while the company's frames are registered."""
    connection.execute(GOOGLE_ADS_ID)
    return (CAMPAIGNS, DAILY)
