"""The simulated company's tables: names, columns, types, and the log they are written to.

One row is one version of one record; a record's state at an instant is its last version not later
than it. Instants are UTC with whole seconds, numbers `*_n` are stable however far the company is
simulated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

INSTANT = pl.Datetime("us", "UTC")
INT, TEXT, MONEY, FLAG, DAY = pl.Int64, pl.String, pl.Float64, pl.Boolean, pl.Date

_COLUMNS: dict[str, dict[str, pl.DataType | type[pl.DataType]]] = {
        "users": {
            "user_n": INT, "version_at": INSTANT, "first_name": TEXT, "last_name": TEXT,
            "email": TEXT, "role": TEXT, "team_name": TEXT, "region_name": TEXT,
            "manager_n": INT, "hired_on": DAY, "is_active": FLAG, "crm": TEXT,
        },
        "accounts": {
            "account_n": INT, "version_at": INSTANT, "is_deleted": FLAG, "merged_into_n": INT,
            "created_at": INSTANT, "name": TEXT, "domain": TEXT, "industry": TEXT,
            "segment": TEXT, "employees": INT, "annual_revenue": MONEY, "country": TEXT,
            "region_name": TEXT, "owner_n": INT, "crm": TEXT,
        },
        "contacts": {
            "contact_n": INT, "version_at": INSTANT, "is_deleted": FLAG, "merged_into_n": INT,
            "created_at": INSTANT, "account_n": INT, "first_name": TEXT, "last_name": TEXT,
            "email": TEXT, "phone": TEXT, "title": TEXT, "crm": TEXT,
        },
        "leads": {
            "lead_n": INT, "version_at": INSTANT, "is_deleted": FLAG, "merged_into_n": INT,
            "created_at": INSTANT, "first_name": TEXT, "last_name": TEXT, "email": TEXT,
            "company": TEXT, "title": TEXT, "industry": TEXT, "employees": INT, "country": TEXT,
            "region_name": TEXT, "lead_source": TEXT, "status": TEXT, "owner_n": INT,
            "is_converted": FLAG, "converted_at": INSTANT, "converted_account_n": INT,
            "converted_contact_n": INT, "converted_opportunity_n": INT, "campaign_n": INT,
            "crm": TEXT,
        },
        "opportunities": {
            "opportunity_n": INT, "version_at": INSTANT, "is_deleted": FLAG,
            "created_at": INSTANT, "account_n": INT, "owner_n": INT, "contact_n": INT,
            "product_n": INT, "campaign_n": INT, "name": TEXT, "type": TEXT, "stage": TEXT,
            "amount": MONEY, "currency_code": TEXT, "probability": MONEY,
            "forecast_category": TEXT, "close_date": DAY, "is_closed": FLAG, "is_won": FLAG,
            "lead_source": TEXT, "loss_reason": TEXT, "competitor": TEXT, "next_step": TEXT,
            "crm": TEXT,
        },
        "line_items": {
            "line_item_n": INT, "version_at": INSTANT, "is_deleted": FLAG, "created_at": INSTANT,
            "opportunity_n": INT, "product_n": INT, "quantity": INT, "unit_price": MONEY,
            "currency_code": TEXT, "crm": TEXT,
        },
        "activities": {
            "activity_n": INT, "version_at": INSTANT, "is_deleted": FLAG, "created_at": INSTANT,
            "type": TEXT, "direction": TEXT, "subject": TEXT, "occurred_at": INSTANT,
            "duration_seconds": INT, "outcome": TEXT, "is_completed": FLAG, "owner_n": INT,
            "account_n": INT, "contact_n": INT, "opportunity_n": INT, "lead_n": INT, "crm": TEXT,
        },
        "products": {
            "product_n": INT, "name": TEXT, "family": TEXT, "code": TEXT, "list_price": MONEY,
        },
        "campaigns": {
            "campaign_n": INT, "version_at": INSTANT, "name": TEXT, "channel": TEXT,
            "status": TEXT, "start_date": DAY, "end_date": DAY, "budget": MONEY,
        },
        "campaign_members": {
            "member_n": INT, "version_at": INSTANT, "campaign_n": INT, "lead_n": INT,
            "status": TEXT, "responded_on": DAY,
        },
        "campaign_daily": {
            "campaign_n": INT, "date": DAY, "version_at": INSTANT, "cost": MONEY,
            "impressions": INT, "clicks": INT, "conversions": MONEY,
        },
        "email_campaigns": {
            "email_campaign_n": INT, "name": TEXT, "subject": TEXT, "sent_at": INSTANT,
        },
        "email_events": {
            "event_n": INT, "email_campaign_n": INT, "recipient": TEXT, "type": TEXT,
            "occurred_at": INSTANT,
        },
        "quotas": {
            "quota_n": INT, "version_at": INSTANT, "user_n": INT, "month": DAY, "amount": MONEY,
            "currency_code": TEXT,
        },
        "exchange_rates": {
            "currency_code": TEXT, "start_date": DAY, "next_start_date": DAY,
            "units_per_usd": MONEY,
        },
        "hidden_deals": {"opportunity_n": INT, "at": INSTANT, "win_rate": MONEY},
        "hidden_leads": {
            "lead_n": INT, "conversion_rate": MONEY, "touched_at": INSTANT, "interest": MONEY,
        },
        "hidden_reps": {"user_n": INT, "skill": MONEY, "slowness": MONEY},
}  # fmt: skip
SCHEMAS = {table: pl.Schema(columns) for table, columns in _COLUMNS.items()}


@dataclass(frozen=True)
class Company:
    """Everything the company did between `start` and `until`, as version logs.

    `hidden_*` frames hold causes that no vendor shows: each open deal's win probability by week,
    each lead's conversion probability, the reps' skill. Exchange rates reach one month past
    `until`.
    """

    users: pl.DataFrame
    accounts: pl.DataFrame
    contacts: pl.DataFrame
    leads: pl.DataFrame
    opportunities: pl.DataFrame
    line_items: pl.DataFrame
    activities: pl.DataFrame
    products: pl.DataFrame
    campaigns: pl.DataFrame
    campaign_members: pl.DataFrame
    campaign_daily: pl.DataFrame
    email_campaigns: pl.DataFrame
    email_events: pl.DataFrame
    quotas: pl.DataFrame
    exchange_rates: pl.DataFrame
    hidden_deals: pl.DataFrame
    hidden_leads: pl.DataFrame
    hidden_reps: pl.DataFrame


@dataclass
class Log:
    """Patches of records in numpy columns: a column that a patch leaves out keeps its last value.

    Words are codes, instants are seconds, dates are days since 1970; `NOTHING` empties a column. A
    value that is no array holds for all rows of the patch.
    """

    chunks: dict[tuple[str, ...], list[tuple[int, Mapping[str, Any]]]] = field(default_factory=dict)

    def add(self, columns: Mapping[str, Any]) -> None:
        rows = next(len(value) for value in columns.values() if isinstance(value, np.ndarray))
        if rows:
            self.chunks.setdefault(tuple(columns), []).append((rows, columns))

    def frame(self) -> pl.DataFrame:
        frames = [
            pl.DataFrame(
                {
                    name: np.concatenate(
                        [
                            patch[name]
                            if isinstance(patch[name], np.ndarray)
                            else np.full(rows, patch[name])
                            for rows, patch in patches
                        ]
                    )
                    for name in names
                }
            )
            for names, patches in self.chunks.items()
        ]
        return pl.concat(frames, how="diagonal") if frames else pl.DataFrame()


NOTHING = -1
