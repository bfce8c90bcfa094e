"""The metrics computed from the raw Delta log alone, with polars: no dbt, no SQL of ours."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from ingestion.sandbox.company.truth import quarters_before

LOST_STAGES = ("Closed Lost",)
OMITTED = ("omitted", "omit")
QUALIFIED_FROM = 2


class RawLog:
    """The current state of each raw table: newest version by key, deleted records left out."""

    def __init__(self, lake: Path, *, at: datetime, time_zone: str) -> None:
        self.raw = lake / "raw"
        self.at = at
        self.zone = time_zone
        self.today = at.astimezone(ZoneInfo(time_zone)).date()

    def current(self, table: str, *key: str) -> pl.DataFrame:
        rows = pl.read_delta(str(self.raw / table))
        rows = rows.sort("_version_at", "_loaded_at", "_dlt_load_id").unique(
            list(key or ("id",)), keep="last", maintain_order=True
        )
        return rows.filter(~pl.col("_deleted"))

    def day(self, column: str) -> pl.Expr:
        return pl.col(column).dt.convert_time_zone(self.zone).dt.date()

    def regions(self) -> pl.DataFrame:
        """Owner → region, over all CRMs."""
        salesforce = self.current("salesforce/users").select(
            owner=pl.col("id"), region=pl.col("region_c")
        )
        # Who has left is in no list of members, and still has the name of the team.
        teams = self.current("hubspot/teams").select("region", team_name="name")
        hubspot = (
            self.current("hubspot/owners")
            .join(teams, on="team_name")
            .select(owner="id", region="region")
        )
        pipedrive = (
            self.current("pipedrive/teams")
            .select(
                owner=pl.col("user_ids").str.json_decode(pl.List(pl.String)), region="description"
            )
            .explode("owner")
        )
        dynamics = self.current("dynamics/users").select(
            owner=pl.col("id"), region=pl.col("territoryid_label")
        )
        return pl.concat([salesforce, hubspot, dynamics, pipedrive]).unique("owner", keep="first")

    def rates(self) -> pl.DataFrame:
        """Currency and day → units of the currency for one US dollar, one row a day it starts."""
        return (
            self.current("salesforce/exchange_rates")
            .select(currency="iso_code", start="start_date", units=pl.col("conversion_rate"))
            .sort("start")
        )

    def opportunities(self) -> pl.DataFrame:
        stages = self.current("hubspot/pipeline_stages", "pipeline_id", "id").select(
            dealstage="id", order=pl.col("display_order")
        )
        first = stages.get_column("order").min()
        order = self.current("salesforce/stages").select(
            stage_name="master_label", order=pl.col("sort_order")
        )
        salesforce = (
            self.current("salesforce/opportunities")
            .join(order, on="stage_name", how="left")
            .select(
                owner="owner_id",
                amount="amount",
                currency="currency_iso_code",
                probability=pl.col("probability") / 100,
                category="forecast_category_name",
                close_date="close_date",
                created=self.day("created_date"),
                is_closed="is_closed",
                is_won="is_won",
                order="order",
            )
        )
        hubspot = (
            self.current("hubspot/deals")
            .join(stages, on="dealstage", how="left")
            .select(
                owner="hubspot_owner_id",
                amount="amount",
                currency="deal_currency_code",
                probability="hs_deal_stage_probability",
                category="hs_manual_forecast_category",
                close_date=self.day("closedate"),
                created=self.day("created_at"),
                is_closed="hs_is_closed",
                is_won="hs_is_closed_won",
                order=pl.col("order") - first + 1,
            )
        )
        others = [self.dynamics_deals(), self.pipedrive_deals()]
        rows = pl.concat([salesforce, hubspot, *others], how="vertical_relaxed")
        is_left_out = pl.col("category").str.to_lowercase().is_in(OMITTED)
        is_open = ~pl.col("is_closed") & ~is_left_out
        rows = rows.with_columns(
            is_open=is_open,
            rate_day=pl.when("is_closed").then("close_date").otherwise(pl.lit(self.today)),
        ).sort("rate_day")
        rows = rows.join_asof(
            self.rates(), left_on="rate_day", right_on="start", by="currency",
            check_sortedness=False,
        )  # fmt: skip
        units = pl.when(pl.col("currency") == "USD").then(1.0).otherwise("units")
        return rows.with_columns(usd=(pl.col("amount") / units).round(2)).with_columns(
            weighted=pl.col("usd") * pl.col("probability"),
            cycle=(pl.col("close_date") - pl.col("created")).dt.total_days(),
        )

    def pipedrive_deals(self) -> pl.DataFrame:
        """A deal is closed by its status, not by its stage."""
        order = self.current("pipedrive/stages").select(stage_id="id", order="order_nr")
        closed = pl.col("status").is_in(["won", "lost"])
        return (
            self.current("pipedrive/deals")
            .join(order, on="stage_id", how="left")
            .select(
                owner="owner_id",
                amount="value",
                currency="currency",
                probability=pl.col("probability") / 100,
                category="forecast_category",
                close_date=pl.when(closed)
                .then("local_close_date")
                .otherwise("expected_close_date"),
                created=self.day("add_time"),
                is_closed=closed,
                is_won=pl.col("status") == "won",
                order="order",
            )
        )

    def dynamics_deals(self) -> pl.DataFrame:
        """Dynamics' deals with their stage's place in the business process, as `opportunities`."""
        stages = self.current("dynamics/process_stages").select(
            activestageid="id", order=pl.col("stagecategory") + 1
        )
        processes = (
            self.current("dynamics/opportunity_processes")
            .join(stages, on="activestageid")
            .select(id="opportunityid", order="order")
        )
        currencies = self.current("dynamics/currencies").select(
            transactioncurrencyid="id", currency="isocurrencycode"
        )
        is_won = pl.col("statecode") == 1
        return (
            self.current("dynamics/opportunities")
            .join(processes, on="id", how="left")
            .join(currencies, on="transactioncurrencyid", how="left")
            .select(
                owner="owninguser",
                amount=pl.when(is_won).then("actualvalue").otherwise("estimatedvalue"),
                currency="currency",
                probability=pl.col("closeprobability") / 100,
                category="msdyn_forecastcategory_label",
                close_date=pl.coalesce("actualclosedate", "estimatedclosedate"),
                created=self.day("createdon"),
                is_closed=pl.col("statecode") > 0,
                is_won=is_won,
                order="order",
            )
        )

    def quotas(self) -> pl.DataFrame:
        salesforce = self.current("salesforce/quotas").select(
            owner="quota_owner_id", amount="quota_amount"
        )
        hubspot = self.current("hubspot/goal_targets").select(
            owner="hubspot_owner_id", amount="hs_target_amount"
        )
        pipedrive = self.current("pipedrive/goals").select(owner="assignee_id", amount="target")
        dynamics = self.current("dynamics/goals").select(owner="goalownerid", amount="targetmoney")
        return pl.concat([salesforce, hubspot, dynamics, pipedrive])

    def leads(self) -> pl.DataFrame:
        salesforce = self.current("salesforce/leads").select(
            owner="owner_id", converted="is_converted"
        )
        hubspot = (
            self.current("hubspot/contacts")
            .filter(pl.col("lead_source").is_not_null())
            .select(owner="hubspot_owner_id", converted=pl.col("converted_at").is_not_null())
        )
        dynamics = self.current("dynamics/leads").select(
            owner="owninguser", converted=pl.col("statecode") == 1
        )
        return pl.concat([salesforce, hubspot, dynamics, self.pipedrive_leads()])

    def pipedrive_leads(self) -> pl.DataFrame:
        """Those still there, and those that deals name as where they came from."""
        there = self.current("pipedrive/leads").select(
            "id", owner="owner_id", converted=pl.col("lead_converted_at").is_not_null()
        )
        gone = (
            self.current("pipedrive/deals")
            .filter(pl.col("source_lead_id").is_not_null())
            .select(id="source_lead_id", owner="owner_id", converted=pl.lit(True))
            .join(there, on="id", how="anti")
        )
        return pl.concat([there, gone]).select("owner", "converted")

    def activities(self) -> pl.DataFrame:
        """Completed ones, by owner."""
        tasks = self.current("salesforce/tasks").filter("is_closed").select(owner="owner_id")
        events = (
            self.current("salesforce/events")
            .filter(pl.col("end_date_time") <= self.at)
            .select(owner="owner_id")
        )
        parts = [tasks, events]
        for table in ("calls", "emails", "notes"):
            parts.append(self.current(f"hubspot/{table}").select(owner="hubspot_owner_id"))
        done = {"meetings": "hs_meeting_outcome", "tasks": "hs_task_status"}
        for table, column in done.items():
            rows = self.current(f"hubspot/{table}").filter(pl.col(column) == "COMPLETED")
            parts.append(rows.select(owner="hubspot_owner_id"))
        done_ones = self.current("pipedrive/activities").filter("done")
        parts.append(done_ones.select(owner="owner_id"))
        for table in ("phone_calls", "appointments", "emails", "tasks"):
            rows = self.current(f"dynamics/{table}").filter(pl.col("statecode") == 1)
            parts.append(rows.select(owner="owninguser"))
        return pl.concat(parts)

    def spend(self) -> float:
        rows = self.current("google_ads/campaign_daily", "campaign_id", "date")
        return float(rows.get_column("cost_micros").sum()) / 1e6

    def metrics(self, fiscal_year_start_month: int) -> dict[str, dict[str, float | None]]:
        """Region (or 'All') → metric → value; all time."""
        owners = self.regions()
        deals, quotas, leads, activities = (
            frame.join(owners, on="owner", how="left")
            for frame in (self.opportunities(), self.quotas(), self.leads(), self.activities())
        )
        window = quarters_before(self.today, 4, fiscal_year_start_month)
        answer = {
            region: _metrics(
                *(_only(f, region) for f in (deals, quotas, leads, activities)), window
            )
            for region in ["All", *sorted(owners.get_column("region").drop_nulls().unique())]
        }
        answer["All"]["spend"] = self.spend()
        return answer


def _only(frame: pl.DataFrame, region: str) -> pl.DataFrame:
    return frame if region == "All" else frame.filter(pl.col("region") == region)


def _metrics(
    deals: pl.DataFrame,
    quotas: pl.DataFrame,
    leads: pl.DataFrame,
    activities: pl.DataFrame,
    window: tuple[date, date],
) -> dict[str, float | None]:
    won, closed, open_ = deals.filter("is_won"), deals.filter("is_closed"), deals.filter("is_open")
    recent = closed.filter(pl.col("close_date").is_between(*window))
    recent_won = recent.filter("is_won")
    qualified = open_.filter(pl.col("order") >= QUALIFIED_FROM).height
    bookings, quota = won.get_column("usd").sum(), quotas.get_column("amount").sum()
    velocity = _divided(
        qualified
        * (_divided(recent_won.height, recent.height) or 0)
        * (_divided(recent_won.get_column("usd").sum(), recent_won.height) or 0),
        recent_won.get_column("cycle").mean() or 0,
    )
    return {
        "bookings": bookings,
        "open_pipeline": open_.get_column("usd").sum(),
        "weighted_pipeline": open_.get_column("weighted").sum(),
        "win_rate": _divided(won.height, closed.height),
        "average_deal_size": _divided(bookings, won.height),
        "sales_cycle_days": won.get_column("cycle").mean(),
        "pipeline_velocity": velocity,
        "pipeline_coverage": _divided(open_.get_column("usd").sum(), quota),
        "quota_attainment": _divided(bookings, quota),
        "quota": quota,
        "activity_count": activities.height,
        "lead_count": leads.height,
        "lead_conversion_rate": _divided(leads.filter("converted").height, leads.height),
    }


def _divided(part: float, whole: float) -> float | None:
    return part / whole if whole else None
