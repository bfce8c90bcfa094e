"""Marts of the simulated company, made with polars and without any SQL, and dbt over them.

The features' tests start from these, so that what they compare depends on neither ingestion nor the
marts' own SQL. Only the columns that features read are there.
"""

import os
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from ingestion.sandbox.company.tables import Company
from tests.integration.dbt_process import run_dbt
from tests.integration.dbt_release import COMPANY

ZONE = "America/New_York"


def local_date(column: str) -> pl.Expr:
    """The date of a UTC instant in the company's time zone."""
    return pl.col(column).dt.convert_time_zone(ZONE).dt.date()


def key(column: str) -> pl.Expr:
    """Surrogate key: the number as text, null stays null."""
    return pl.col(column).cast(pl.String)


def state(versions: pl.DataFrame, number: str, at: datetime) -> pl.DataFrame:
    """Each record's last version not later than `at`, deleted and merged ones left out."""
    latest = (
        versions.filter(pl.col("version_at") <= at)
        .sort("version_at", maintain_order=True)
        .group_by(number, maintain_order=True)
        .last()
    )
    for gone in ("is_deleted", "merged_into_n"):
        if gone in latest.columns:
            alive = ~pl.col(gone) if gone == "is_deleted" else pl.col(gone).is_null()
            latest = latest.filter(alive)
    return latest


def without_rewrites(company: Company) -> Company:
    """The company as if nobody ever deleted, merged or reopened a record.

    By these a CRM changes the past itself: the record, or its first closing, is gone from the marts
    of every date. What is left is what happened.
    """
    gone = {}
    for table, number in (
        ("leads", "lead_n"),
        ("accounts", "account_n"),
        ("opportunities", "opportunity_n"),
        ("activities", "activity_n"),
    ):
        versions: pl.DataFrame = getattr(company, table)
        rewritten = pl.col("is_deleted")
        if "merged_into_n" in versions.columns:
            rewritten |= pl.col("merged_into_n").is_not_null()
        if "is_closed" in versions.columns:
            before = pl.col("is_closed").shift(1).over(number, order_by="version_at")
            rewritten |= ~pl.col("is_closed") & before.fill_null(value=False)
        numbers = versions.filter(rewritten).select(number).unique()
        gone[table] = versions.join(numbers, on=number, how="anti", maintain_order="left")
    return replace(company, **gone)


def marts(company: Company, at: datetime) -> dict[str, pl.DataFrame]:
    """What the marts hold at the instant `at`."""
    day = at.astimezone(ZoneInfo(ZONE)).date()
    leads = state(company.leads, "lead_n", at)
    return {
        "dim_date": dim_date(),
        "dim_accounts": state(company.accounts, "account_n", at).select(
            key("account_n").alias("account_key"), "segment", "industry", "region_name"
        ),
        "dim_products": company.products.select(
            key("product_n").alias("product_key"), pl.col("family").alias("product_family")
        ),
        "dim_sales_reps": state(company.users, "user_n", at).select(
            key("user_n").alias("sales_rep_key"),
            key("user_n").alias("sales_rep_id"),
            pl.col("crm").alias("source"),
            "region_name",
        ),
        "dim_campaigns": state(company.campaigns, "campaign_n", at).select(
            key("campaign_n").alias("campaign_key"), "channel"
        ),
        "fct_leads": leads.select(
            key("lead_n").alias("lead_key"),
            key("campaign_n").alias("campaign_key"),
            "lead_source",
            "title",
            "industry",
            "country",
            pl.col("employees").alias("employee_count"),
            "status",
            "created_at",
            local_date("created_at").alias("created_date"),
            "is_converted",
            "converted_at",
            key("owner_n").alias("sales_rep_key"),
        ),
        "fct_marketing_engagements": _engagements(company, leads, at),
        "fct_activities": _activities(company, at),
        "fct_opportunities": _opportunities(company, at),
        "fct_pipeline_snapshots_daily": _snapshots(company, at, day),
    }


def dim_date() -> pl.DataFrame:
    """Days with the fiscal quarters of a year that starts in February."""
    days = pl.date_range(date(2020, 1, 1), date(2031, 12, 31), eager=True)
    return (
        pl.DataFrame({"date_day": days})
        .with_columns(
            pl.col("date_day").dt.weekday().cast(pl.Int32).alias("iso_weekday"),
            pl.col("date_day").dt.truncate("1mo").alias("month_start_date"),
            pl.col("date_day")
            .dt.truncate("1mo")
            .dt.offset_by("-1mo")
            .dt.truncate("1q")
            .dt.offset_by("1mo")
            .alias("fiscal_quarter_start_date"),
        )
        .with_columns(
            pl.col("fiscal_quarter_start_date")
            .dt.offset_by("3mo")
            .dt.offset_by("-1d")
            .alias("fiscal_quarter_end_date")
        )
    )


def _engagements(company: Company, leads: pl.DataFrame, at: datetime) -> pl.DataFrame:
    owner = leads.sort("created_at").unique("email", keep="first").select("email", "lead_n")
    names = company.email_campaigns.select("email_campaign_n", pl.col("name"))
    kinds = {"STATUSCHANGE": "unsubscribe"}
    return (
        company.email_events.filter(pl.col("occurred_at") <= at)
        .join(owner, left_on="recipient", right_on="email", how="left")
        .join(names, on="email_campaign_n", how="left")
        .select(
            key("event_n").alias("engagement_key"),
            key("lead_n").alias("lead_key"),
            pl.col("name").alias("email_campaign_name"),
            pl.col("type").replace(kinds).str.to_lowercase().alias("engagement_type"),
            "occurred_at",
            local_date("occurred_at").alias("engagement_date"),
        )
    )


def _activities(company: Company, at: datetime) -> pl.DataFrame:
    return state(company.activities, "activity_n", at).select(
        key("activity_n").alias("activity_key"),
        pl.col("type").alias("activity_type"),
        "direction",
        "occurred_at",
        local_date("occurred_at").alias("activity_date"),
        "is_completed",
        key("contact_n").alias("contact_key"),
        key("opportunity_n").alias("opportunity_key"),
        key("lead_n").alias("lead_key"),
    )


def _in_company_currency(frame: pl.DataFrame, company: Company, day: str) -> pl.DataFrame:
    rates = company.exchange_rates.select("currency_code", "start_date", "units_per_usd")
    return (
        frame.sort(day)
        .join_asof(
            rates.sort("start_date"),
            left_on=day,
            right_on="start_date",
            by="currency_code",
            strategy="backward",
            check_sortedness=False,
        )
        .with_columns((pl.col("amount") / pl.col("units_per_usd").fill_null(1.0)).round(2))
    )


def _opportunities(company: Company, at: datetime) -> pl.DataFrame:
    closings = (
        company.opportunities.filter(pl.col("version_at") <= at)
        .sort("version_at", maintain_order=True)
        .with_columns(
            pl.col("is_closed").shift(1).over("opportunity_n").fill_null(value=False).alias("was")
        )
        .filter(pl.col("is_closed") & ~pl.col("was"))
        .group_by("opportunity_n")
        .agg(pl.col("version_at").max().alias("closed_at"))
    )
    latest = state(company.opportunities, "opportunity_n", at).join(
        closings, on="opportunity_n", how="left"
    )
    return _in_company_currency(latest, company, "close_date").select(
        key("opportunity_n").alias("opportunity_key"),
        key("account_n").alias("account_key"),
        key("owner_n").alias("sales_rep_key"),
        key("product_n").alias("product_key"),
        pl.col("type").alias("opportunity_type"),
        "lead_source",
        local_date("created_at").alias("created_date"),
        "close_date",
        pl.when(pl.col("is_closed")).then(pl.col("closed_at")).alias("closed_at"),
        "is_closed",
        "is_won",
        pl.col("amount").cast(pl.Decimal(18, 2)),
    )


def _snapshots(company: Company, at: datetime, today: date) -> pl.DataFrame:
    alive = state(company.opportunities, "opportunity_n", at)["opportunity_n"]
    orders = {"Qualification": 1, "Discovery": 2, "Proposal": 3, "Negotiation": 4}
    days = (
        company.opportunities.filter(
            (pl.col("version_at") <= at) & pl.col("opportunity_n").is_in(alive.to_list())
        )
        .sort("version_at", maintain_order=True)
        .with_columns(local_date("version_at").alias("first_date"))
        .group_by("opportunity_n", "first_date", maintain_order=True)
        .last()
        .with_columns(
            (pl.col("first_date").shift(-1).over("opportunity_n") - timedelta(days=1))
            .fill_null(today)
            .alias("last_date")
        )
        .filter(~pl.col("is_closed") & (pl.col("forecast_category") != "Omitted"))
        .with_columns(
            pl.date_ranges("first_date", "last_date", closed="both").alias("snapshot_date")
        )
        .explode("snapshot_date")
    )
    return _in_company_currency(days, company, "snapshot_date").select(
        "snapshot_date",
        key("opportunity_n").alias("opportunity_key"),
        key("owner_n").alias("sales_rep_key"),
        pl.col("stage").alias("stage_name"),
        pl.col("stage").replace_strict(orders, return_dtype=pl.Int32).alias("stage_order"),
        pl.col("amount").cast(pl.Decimal(18, 2)),
        pl.col("probability").alias("probability_rate"),
        "close_date",
        "forecast_category",
    )


def write_release(directory: Path, tables: dict[str, pl.DataFrame]) -> None:
    """The marts as lakehouse.duckdb of a release directory; instants become naive UTC."""
    directory.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(directory / "lakehouse.duckdb")) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create schema marts")
        for name, table in tables.items():
            naive = table.with_columns(
                pl.col(pl.Datetime("us", "UTC")).dt.replace_time_zone(None)
            ).to_arrow()
            connection.register("incoming", naive)
            connection.execute(f"create table marts.{name} as select * from incoming")
            connection.unregister("incoming")


def build_features(directory: Path, at: datetime, *, target: Path) -> dict[str, pl.DataFrame]:
    """Run `dbt build` over models/features of a release and read the tables it made.

    Runs that share `target` share dbt's parsing.
    """
    environment = {
        **os.environ,
        **COMPANY,
        "REVLAKE_SOURCES": "files",
        "REVLAKE_RELEASE_DIR": str(directory),
        "REVLAKE_AS_OF": at.isoformat(),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(directory / "logs"),
    }
    run_dbt(["build", "--select", "path:models/features"], environment)
    with duckdb.connect(str(directory / "warehouse.duckdb"), read_only=True) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'features'"
        ).fetchall()
        return {name: connection.table(f"features.{name}").pl() for (name,) in names}
