"""What the simulation remembers from month to month, in growing arrays."""

from dataclasses import dataclass, field

import numpy as np

from ingestion.sandbox.company.marketing import Campaigns, no_campaigns
from ingestion.sandbox.company.organisation import Organisation
from ingestion.sandbox.company.tables import Log
from ingestion.sandbox.company.times import Ints, first_day

NEVER = 1 << 40
YEARLY_GROWTH = 0.155
MONTH_WEIGHT = (1.00, 1.02, 1.08, 1.04, 1.04, 1.00, 0.93, 0.86, 1.07, 1.09, 1.06, 0.81)


@dataclass
class Table:
    """Columns that grow; a record's number is its place plus one."""

    columns: dict[str, np.ndarray] = field(default_factory=dict)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def extend(self, columns: dict[str, np.ndarray]) -> Ints:
        """Adds rows and returns their places."""
        before, size = len(self), len(next(iter(columns.values())))
        if self.columns and self.columns.keys() != columns.keys():
            raise ValueError(f"columns differ: {sorted(self.columns.keys() ^ columns.keys())}")
        for name, values in columns.items():
            old = self.columns.get(name)
            self.columns[name] = values if old is None else np.concatenate([old, values])
        return np.arange(before, before + size)


@dataclass
class World:
    seed: int
    scale: float
    first_month: int
    organisation: Organisation
    campaigns: Campaigns = field(default_factory=no_campaigns)
    accounts: Table = field(default_factory=Table)
    contacts: Table = field(default_factory=Table)
    leads: Table = field(default_factory=Table)
    deals: Table = field(default_factory=Table)
    account_log: Log = field(default_factory=Log)
    contact_log: Log = field(default_factory=Log)
    lead_log: Log = field(default_factory=Log)
    deal_log: Log = field(default_factory=Log)
    item_log: Log = field(default_factory=Log)
    activity_log: Log = field(default_factory=Log)
    member_log: Log = field(default_factory=Log)
    mail_log: Log = field(default_factory=Log)
    mailing_log: Log = field(default_factory=Log)
    merges: Log = field(default_factory=Log)
    handovers: Log = field(default_factory=Log)
    hidden_deals: Log = field(default_factory=Log)
    activity_count: int = 0
    item_count: int = 0
    mailing_count: int = 2

    def business(self, month: int) -> float:
        """How busy a month is against an average month of the first year: growth times season."""
        years = (first_day(month) - first_day(self.first_month)) / 365.25
        return (1 + YEARLY_GROWTH) ** years * MONTH_WEIGHT[month % 12]


FIRST_YEAR_SHARE = 1 / (36 * 1.2)
"""A month's share of three years' business, before growth and season."""
