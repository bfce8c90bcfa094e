"""Random streams, months, fiscal quarters and working hours, in whole seconds and days since 1970.

Each (seed, purpose, month) has a random stream of its own, so that what happens in a month never
depends on how many months are simulated after it.
"""

from datetime import date, datetime
from functools import lru_cache
from zlib import crc32

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

HOUR, DAY, WEEK = 3_600, 86_400, 604_800
COMPANY_ZONE = "America/New_York"
FIRST_FISCAL_MONTH = 2
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2060, 12, 31)
_EPOCH = date(1970, 1, 1)


def stream(seed: int, purpose: str, month: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, crc32(purpose.encode()), month]))


def month_of(at: datetime) -> int:
    """Months since year 0, the number a monthly cohort goes by."""
    return at.year * 12 + at.month - 1


def first_day(month: int) -> int:
    return (date(month // 12, month % 12 + 1, 1) - _EPOCH).days


def month_start(month: int) -> int:
    return first_day(month) * DAY


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def quarter_end_day(day: int) -> int:
    """The last day of the fiscal quarter that `day` lies in."""
    at = date.fromordinal(_EPOCH.toordinal() + day)
    month = at.year * 12 + at.month - 1
    into_quarter = (at.month - FIRST_FISCAL_MONTH) % 3
    return first_day(month + 3 - into_quarter) - 1


@lru_cache(maxsize=16)
def _noon_offsets(zone: str) -> Ints:
    noon = pl.datetime_range(_FIRST_DAY, _LAST_DAY, "1d", time_unit="ms", eager=True).dt.offset_by(
        "12h"
    )
    there = noon.dt.replace_time_zone(zone).to_physical()
    return ((noon.to_physical() - there) // 1000).to_numpy()


_BASE = (_FIRST_DAY - _EPOCH).days


def to_utc(day: Ints, second: Ints, zones: tuple[str, ...], zone: Ints) -> Ints:
    """UTC seconds of a local day and second of day; `zone` indexes `zones`."""
    offsets = np.stack([_noon_offsets(name) for name in zones])
    return day * DAY + second - offsets[zone, day - _BASE]


def to_local(at: Ints, zones: tuple[str, ...], zone: Ints) -> tuple[Ints, Ints]:
    offsets = np.stack([_noon_offsets(name) for name in zones])
    local = at + offsets[zone, at // DAY - _BASE]
    return local // DAY, local % DAY


def working_second(rng: np.random.Generator, size: int) -> Ints:
    """A second of the day at which people sell: from 8 to 19, with a dip at lunch."""
    hour = np.where(
        rng.random(size) < 0.5, rng.normal(10.3, 1.3, size), rng.normal(15.0, 1.7, size)
    )
    return (np.clip(hour, 7.2, 20.5) * HOUR).astype(np.int64) + rng.integers(0, 60, size)


def into_working_hours(
    rng: np.random.Generator, at: Ints, zones: tuple[str, ...], zone: Ints, strays: float = 0.06
) -> Ints:
    """Moves instants on to their zone's next working hour, but for a share `strays`."""
    day, second = to_local(at, zones, zone)
    weekday = (day + 3) % 7
    late, early = second > 19 * HOUR, second < 7.5 * HOUR
    next_day = day + late
    weekday = (next_day + 3) % 7
    next_day = next_day + np.where(weekday == 5, 2, np.where(weekday == 6, 1, 0))
    moved = (next_day != day) | early
    morning = (8 * HOUR + rng.gamma(2.0, 0.7 * HOUR, len(at))).astype(np.int64)
    shifted = to_utc(next_day, np.minimum(morning, 17 * HOUR), zones, zone)
    stays = rng.random(len(at)) < strays
    return np.where(moved & ~stays, np.maximum(shifted, at), at)


def company_days(at: Ints) -> Ints:
    """The dates of instants in the company's time zone."""
    instants = pl.Series(at * 1_000).cast(pl.Datetime("ms", "UTC"))
    return (
        instants.dt.convert_time_zone(COMPANY_ZONE)
        .dt.date()
        .to_physical()
        .cast(pl.Int64)
        .to_numpy()
    )
