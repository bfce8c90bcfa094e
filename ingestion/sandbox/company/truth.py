"""The company's metrics straight from its version logs, sharing no SQL with the marts.

State at an instant is each record's last version not later than it, without deleted and merged-away
records. Dates of instants are those of the given time zone. Hidden causes are given beside the
metrics.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from math import erf, log, sqrt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from ingestion.sandbox.company.leads import (
    DISQUALIFIED_DAYS,
    DISQUALIFIED_SHARE,
    DISQUALIFIED_SPREAD,
    SPREAD,
    TYPICAL_DAYS,
)
from ingestion.sandbox.company.tables import Company

KEYS = {
    "users": ("user_n",), "accounts": ("account_n",), "contacts": ("contact_n",),
    "leads": ("lead_n",), "opportunities": ("opportunity_n",), "line_items": ("line_item_n",),
    "activities": ("activity_n",), "campaigns": ("campaign_n",),
    "campaign_members": ("member_n",), "campaign_daily": ("campaign_n", "date"),
    "quotas": ("quota_n",),
}  # fmt: skip
STAGE_ORDER = {
    "Qualification": 1, "Discovery": 2, "Proposal": 3, "Negotiation": 4, "Closed Won": 5,
    "Closed Lost": 6,
}  # fmt: skip


def state(
    company: Company, table: str, at: datetime, *, with_deleted: bool = False
) -> pl.DataFrame:
    """The records of a table as they are at `at`, one row each, in order of their keys."""
    if table not in KEYS:
        raise ValueError(f"no versioned table {table!r}; there are {', '.join(KEYS)}")
    key = list(KEYS[table])
    rows: pl.DataFrame = getattr(company, table)
    rows = rows.filter(pl.col("version_at") <= at).sort(*key, "version_at")
    rows = rows.unique(key, keep="last", maintain_order=True)
    if "is_deleted" in rows.columns and not with_deleted:
        rows = rows.filter(~pl.col("is_deleted"))
    return rows


def fiscal_quarter(day: date, fiscal_year_start_month: int) -> tuple[date, date]:
    """First and last day of the fiscal quarter that `day` lies in."""
    month = day.year * 12 + day.month - 1
    first = month - (day.month - fiscal_year_start_month) % 3
    last = first + 2
    year, last_month = last // 12, last % 12 + 1
    return (
        date(first // 12, first % 12 + 1, 1),
        date(year, last_month, monthrange(year, last_month)[1]),
    )


def quarters_before(day: date, count: int, fiscal_year_start_month: int) -> tuple[date, date]:
    """First and last day of the `count` full fiscal quarters before the one of `day`."""
    start, _ = fiscal_quarter(day, fiscal_year_start_month)
    end = date.fromordinal(start.toordinal() - 1)
    month = start.year * 12 + start.month - 1 - 3 * count
    return date(month // 12, month % 12 + 1, 1), end


@dataclass(frozen=True)
class _Facts:
    opportunities: pl.DataFrame
    quotas: pl.DataFrame
    activities: pl.DataFrame
    leads: pl.DataFrame
    spend: pl.DataFrame
    trailing: tuple[date, date]


def truth(
    company: Company,
    at: datetime,
    *,
    time_zone: str,
    fiscal_year_start_month: int = 2,
    period_start: date | None = None,
    period_end: date | None = None,
    with_ids: bool = False,
) -> dict[str, Any]:
    """What every metric is at `at`: `metrics` of all time and `period_metrics` of a period.

    Both map 'All' and each region's name to a dictionary of the metrics; a ratio whose divisor is
    nothing is None. The period (both ends belong to it) is by default the fiscal quarter of `at`.
    `rows` counts the records of each table, `ids` (on request) lists their numbers. `hidden` holds
    each open deal's true `win_rate`, each open lead's true `conversion_rate` within 90 days, and
    `expected_bookings` of the open pipeline. Spend has no region. Velocity is a matter of four
    quarters and of no period.
    """
    if (period_start is None) != (period_end is None):
        raise ValueError("give both period_start and period_end, or neither")
    today = at.astimezone(ZoneInfo(time_zone)).date()
    quarter = fiscal_quarter(today, fiscal_year_start_month)
    first, last = period_start or quarter[0], period_end or quarter[1]
    states = {table: state(company, table, at) for table in KEYS}
    facts = _Facts(
        opportunities=_opportunities(company, states, today, time_zone),
        quotas=_regional(states["quotas"], states["users"], "user_n"),
        activities=_regional(
            states["activities"]
            .filter("is_completed")
            .with_columns(day=_day("occurred_at", time_zone)),
            states["users"],
            "owner_n",
        ),
        leads=_regional(
            states["leads"].with_columns(day=_day("created_at", time_zone)),
            states["users"],
            "owner_n",
        ),
        spend=states["campaign_daily"],
        trailing=quarters_before(today, 4, fiscal_year_start_month),
    )
    regions = ["All", *sorted(states["users"].get_column("region_name").unique().to_list())]
    answer: dict[str, Any] = {
        "at": at,
        "as_of_date": today,
        "period_start": first,
        "period_end": last,
        "metrics": {region: _metrics(facts, region, None) for region in regions},
        "period_metrics": {region: _metrics(facts, region, (first, last)) for region in regions},
        "rows": {table: frame.height for table, frame in states.items()}
        | {
            "products": company.products.height,
            "email_campaigns": company.email_campaigns.filter(pl.col("sent_at") <= at).height,
            "email_events": company.email_events.filter(pl.col("occurred_at") <= at).height,
        },
        "hidden": _hidden(company, facts, states["leads"], at),
    }
    if with_ids:
        answer["ids"] = {
            table: set(frame.get_column(KEYS[table][0]).to_list())
            for table, frame in states.items()
            if len(KEYS[table]) == 1
        }
    return answer


def _day(column: str, time_zone: str) -> pl.Expr:
    return pl.col(column).dt.convert_time_zone(time_zone).dt.date()


def _regional(rows: pl.DataFrame, users: pl.DataFrame, owner: str) -> pl.DataFrame:
    """The region is the owner's."""
    region = users.select(pl.col("user_n").alias(owner), pl.col("region_name").alias("region"))
    return rows.join(region, on=owner, how="left", maintain_order="left")


def _opportunities(
    company: Company, states: dict[str, pl.DataFrame], today: date, time_zone: str
) -> pl.DataFrame:
    """Opportunities with US dollars at the rate of the close date if closed, else today's."""
    rates = company.exchange_rates.select("currency_code", "start_date", "units_per_usd").sort(
        "start_date"
    )
    rows = _regional(states["opportunities"], states["users"], "owner_n")
    rows = rows.with_columns(
        rate_date=pl.when("is_closed").then("close_date").otherwise(pl.lit(today)),
        created_date=_day("created_at", time_zone),
        stage_order=pl.col("stage").replace_strict(STAGE_ORDER, return_dtype=pl.Int64),
    ).sort("rate_date")
    rows = rows.join_asof(
        rates, left_on="rate_date", right_on="start_date", by="currency_code",
        check_sortedness=False,
    )  # fmt: skip
    missing = rows.filter(pl.col("units_per_usd").is_null())
    if missing.height:
        raise ValueError(
            f"no exchange rate for {missing.select('currency_code', 'rate_date').head(3)}"
        )
    is_open = ~pl.col("is_closed") & (pl.col("forecast_category") != "Omitted")
    return rows.with_columns(
        usd=(pl.col("amount") / pl.col("units_per_usd")).round(2), is_open=is_open
    ).with_columns(
        weighted=pl.col("usd") * pl.col("probability"),
        is_qualified=is_open & (pl.col("stage_order") >= 2),
        cycle_days=(pl.col("close_date") - pl.col("created_date")).dt.total_days(),
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _sum(rows: pl.DataFrame, column: str) -> float:
    return float(rows.get_column(column).sum() or 0.0)


def _metrics(
    facts: _Facts, region: str, period: tuple[date, date] | None
) -> dict[str, float | None]:
    here = pl.lit(True) if region == "All" else pl.col("region") == region

    def rows(frame: pl.DataFrame, day: str) -> pl.DataFrame:
        inside = pl.lit(True) if period is None else pl.col(day).is_between(*period)
        return frame.filter(inside) if frame is facts.spend else frame.filter(here & inside)

    deals = rows(facts.opportunities, "close_date")
    closed, is_open = deals.filter("is_closed"), deals.filter("is_open")
    won = closed.filter("is_won")
    leads = rows(facts.leads, "day")
    months = facts.quotas.filter(here)
    if period is not None:
        months = months.filter(pl.col("month").is_between(*period))
    quota, bookings = _sum(months, "amount"), _sum(won, "usd")
    cycle = won.get_column("cycle_days").mean()
    metrics: dict[str, float | None] = {
        "bookings": bookings,
        "open_pipeline": _sum(is_open, "usd"),
        "weighted_pipeline": _sum(is_open, "weighted"),
        "win_rate": _ratio(won.height, closed.height),
        "average_deal_size": _ratio(bookings, won.height),
        "sales_cycle_days": float(cycle) if isinstance(cycle, int | float) else None,
        "pipeline_coverage": _ratio(_sum(is_open, "usd"), quota),
        "quota_attainment": _ratio(bookings, quota),
        "quota": quota,
        "activity_count": float(rows(facts.activities, "day").height),
        "lead_count": float(leads.height),
        "lead_conversion_rate": _ratio(_sum(leads, "is_converted"), leads.height),
    }
    if region == "All":
        metrics["spend"] = _sum(rows(facts.spend, "date"), "cost")
    if period is None:
        metrics["pipeline_velocity"] = _velocity(facts, here)
    return metrics


def _velocity(facts: _Facts, here: pl.Expr) -> float | None:
    """Qualified open deals x win rate x mean deal size / mean cycle of four quarters."""
    deals = facts.opportunities.filter(here)
    closed = deals.filter(pl.col("is_closed") & pl.col("close_date").is_between(*facts.trailing))
    won = closed.filter("is_won")
    cycle_days = float(won.get_column("cycle_days").sum() or 0)
    if not won.height or not cycle_days:
        return None
    qualified = deals.filter("is_qualified").height
    win_rate = won.height / closed.height
    return qualified * win_rate * (_sum(won, "usd") / won.height) / (cycle_days / won.height)


def _hidden(company: Company, facts: _Facts, leads: pl.DataFrame, at: datetime) -> dict[str, Any]:
    known = company.hidden_deals.filter(pl.col("at") <= at).sort("opportunity_n", "at")
    known = known.unique("opportunity_n", keep="last", maintain_order=True)
    deals = facts.opportunities.filter("is_open").join(
        known.select("opportunity_n", "win_rate"), on="opportunity_n", how="inner"
    )
    return {
        "win_rate": dict(
            deals.select("opportunity_n", "win_rate").sort("opportunity_n").iter_rows()
        ),
        "expected_bookings": float((deals.get_column("usd") * deals.get_column("win_rate")).sum()),
        "conversion_rate": conversion_rates(company, leads, at),
    }


def conversion_rates(company: Company, leads: pl.DataFrame, at: datetime) -> dict[int, float]:
    """The chance of open leads to convert within 90 days of their creation, given they have not so
    far.

    Bayes on the lead's chance p at creation: those that convert wait log-normally from the first
    touch, and of the others a share is disqualified after a log-normal time.
    """
    waiting = leads.filter(~pl.col("is_converted") & (pl.col("status") != "Disqualified")).join(
        company.hidden_leads, on="lead_n", maintain_order="left"
    )
    days = (at - pl.col("touched_at")).dt.total_seconds() / 86_400
    left = (
        pl.col("created_at") + pl.duration(days=90) - pl.col("touched_at")
    ).dt.total_seconds() / 86_400
    waiting = waiting.select(
        "lead_n",
        "conversion_rate",
        past=days.clip(lower_bound=1e-6),
        limit=left.clip(lower_bound=1e-6),
    ).sort("lead_n")
    past, limit = waiting.get_column("past").log(), waiting.get_column("limit").log()
    typical, patience = log(TYPICAL_DAYS), log(DISQUALIFIED_DAYS)
    done = _normal((past - typical) / SPREAD)
    in_time = _normal((limit - typical) / SPREAD)
    remain = 1 - DISQUALIFIED_SHARE * _normal((past - patience) / DISQUALIFIED_SPREAD)
    chance = waiting.get_column("conversion_rate").to_numpy()
    rate = chance * (in_time - done).clip(0) / (chance * (1 - done) + (1 - chance) * remain)
    return dict(zip(waiting.get_column("lead_n").to_list(), rate.tolist(), strict=True))


def _normal(values: pl.Series) -> np.ndarray:
    """The standard normal distribution function."""
    return np.array([0.5 * (1 + erf(value / sqrt(2))) for value in values.to_list()])
