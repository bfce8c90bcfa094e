"""Products, prices, line items and exchange rates."""

import numpy as np
import polars as pl

from ingestion.sandbox.company.geography import CURRENCIES, UNITS_PER_USD
from ingestion.sandbox.company.tables import SCHEMAS
from ingestion.sandbox.company.times import Floats, Ints, first_day, stream
from ingestion.sandbox.company.world import World

PRODUCTS = (
    ("Meridia Core", "Platform", "MC-100", 6_000.0),
    ("Meridia Growth", "Platform", "MG-200", 24_000.0),
    ("Meridia Enterprise", "Platform", "ME-300", 96_000.0),
    ("Insight Analytics", "Analytics", "IA-110", 9_500.0),
    ("Insight Forecast", "Analytics", "IF-120", 18_000.0),
    ("Flow Automation", "Automation", "FA-210", 12_000.0),
    ("Guided Onboarding", "Services", "SO-900", 4_500.0),
    ("Premium Support", "Services", "SP-910", 7_500.0),
)
PRODUCT_FOR_SEGMENT = np.array([[0, 3, 5], [1, 4, 5], [2, 4, 1]])
PRODUCT_WEIGHT = np.array([1.0, 1.05, 1.15, 0.9, 1.0, 0.95, 0.6, 0.75])
MEDIAN_AMOUNT = np.array([8_000.0, 35_000.0, 150_000.0])
ADD_ONS = (6, 7, 3)


def in_currency(dollars: Floats, currency: Ints) -> Floats:
    """List prices abroad follow long-term rates, not the month's."""
    return dollars * np.array(UNITS_PER_USD)[currency]


def round_price(amount: Floats) -> Floats:
    """Two or three leading digits, as on an offer."""
    unit = 10.0 ** np.maximum(0, np.floor(np.log10(np.maximum(amount, 1.0))) - 2)
    return np.maximum(np.round(amount / unit), 1.0) * unit


def add_line_items(
    world: World,
    rng: np.random.Generator,
    opportunity: Ints,
    product: Ints,
    currency: Ints,
    amount: Floats,
    created_at: Ints,
) -> None:
    """One to three items a deal that add up to its first amount, but for rounding."""
    size = len(opportunity)
    count = rng.choice(3, size, p=(0.55, 0.30, 0.15)) + 1
    row = np.repeat(np.arange(size), count)
    rank = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    share = np.where(
        rank == 0,
        np.array([1.0, 0.82, 0.70])[count[row] - 1],
        np.array([0, 0.18, 0.15])[count[row] - 1],
    )
    quantity = np.maximum(1, rng.geometric(np.where(rank == 0, 0.12, 0.6), len(row)))
    number = world.item_count + 1 + np.arange(len(row))
    world.item_count += len(row)
    world.item_log.add(
        {
            "line_item_n": number, "version_at": created_at[row] + 20 + rank * 7,
            "opportunity_n": opportunity[row],
            "product_n": 1 + np.where(rank == 0, product[row], np.array((0, *ADD_ONS))[rank]),
            "quantity": quantity,
            "unit_price": np.round(amount[row] * share / quantity, 2),
            "currency": currency[row], "first_amount": amount[row], "is_deleted": False,
        }
    )  # fmt: skip


def product_frame() -> pl.DataFrame:
    rows = [(number, *product) for number, product in enumerate(PRODUCTS, start=1)]
    return pl.DataFrame(rows, schema=SCHEMAS["products"], orient="row")


def exchange_rate_frame(seed: int, first_month: int, last_month: int) -> pl.DataFrame:
    """Monthly rates from a year before the first month on; they wander by about 2 % each."""
    rates = np.array(UNITS_PER_USD)
    rows = []
    for month in range(first_month - 12, last_month + 1):
        wander = stream(seed, "exchange rates", month).normal(0, 0.018, len(rates))
        rates = rates * np.exp(wander - 0.04 * np.log(rates / np.array(UNITS_PER_USD)))
        rates[0] = 1.0
        for code, rate in zip(CURRENCIES, rates, strict=True):
            rows.append((code, first_day(month), first_day(month + 1), round(float(rate), 6)))
    frame = pl.DataFrame(
        rows,
        schema=["currency_code", "start_date", "next_start_date", "units_per_usd"],
        orient="row",
    )
    return frame.with_columns(pl.col("start_date", "next_start_date").cast(pl.Int32).cast(pl.Date))
