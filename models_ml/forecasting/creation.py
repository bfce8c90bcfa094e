"""Bookings from opportunities that do not exist yet: a run rate of creation times a cohort curve.

Creation is a weekly count by region: a recent level, a damped yearly trend, and a month factor
shrunk towards 1. Value is a chain ladder: the amount won in the n-th week of life, per created
deal, from the most recent cohorts that have lived n weeks.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from models_ml.forecasting.history import Amounts, Days, History, day_number

LEVEL_WEEKS = 26
LEVEL_HALF_LIFE_WEEKS = 10.0
REGION_PRIOR_WEEKS = 8.0


@dataclass(frozen=True)
class Cohorts:
    """`created[region, age]` deals and `won[region, age, lag]` amount, both in weeks to origin."""

    created: Amounts
    won: Amounts


def future_bookings(
    history: History,
    *,
    origin: date,
    ends: Days,
    longest_weeks: int,
    window_weeks: int,
    weights: Amounts,
) -> Amounts:
    """Expected bookings by region × month from deals created after `origin`.

    `ends[k]` is the day number after month k's last day; month 0 is the current one. `weights`:
    how likely wins are on each day after `origin` compared with other days.
    """
    day = day_number(origin)
    weeks = int(np.ceil((ends[-1] - day) / 7)) + 1
    cohorts = weekly_cohorts(history, day=day, weeks=longest_weeks + window_weeks)
    curve = value_curve(cohorts, lags=min(longest_weeks, weeks), window=window_weeks)
    counts = created_counts(history, cohorts, origin=origin, weeks=weeks)
    weekly = np.array(
        [np.convolve(count, lags)[:weeks] for count, lags in zip(counts, curve, strict=True)]
    )
    daily = np.repeat(weekly / 7.0, 7, axis=1)[:, : len(weights)] * weights
    return daily @ day_in_month(day=day, days=daily.shape[1], ends=ends)


def weekly_cohorts(history: History, *, day: int, weeks: int) -> Cohorts:
    """Counts and won amounts by creation week, as known at the end of `day`."""
    regions = len(history.regions)
    age = (day - history.created) // 7
    exists = (age >= 0) & (age < weeks)
    created = np.zeros((regions, weeks))
    np.add.at(created, (history.region_index[exists], age[exists]), 1.0)
    lag = age - (day - history.closed) // 7
    counted = exists & (history.known <= day) & (history.closed <= day) & (lag >= 0) & (lag <= age)
    counted &= history.won_amount > 0
    won = np.zeros((regions, weeks, weeks))
    where = (history.region_index[counted], age[counted], lag[counted])
    np.add.at(won, where, history.won_amount[counted])
    return Cohorts(created=created, won=won)


def value_curve(cohorts: Cohorts, *, lags: int, window: int) -> Amounts:
    """Amount won in week `lag` of life per created deal, by region × lag.

    The shape is the company's; each region's height is its own, shrunk towards the company's.
    """
    regions, weeks = cohorts.created.shape
    company_created = cohorts.created.sum(axis=0)
    company_won = cohorts.won.sum(axis=0)
    curve = np.zeros(lags)
    for lag in range(min(lags, weeks)):
        ages = slice(lag, min(lag + window, weeks))
        created = company_created[ages].sum()
        curve[lag] = company_won[ages, lag].sum() / created if created > 0 else 0.0
    lived = np.cumsum(np.pad(curve, (0, max(weeks - lags, 0))))[:weeks]
    recent = slice(0, min(window + 26, weeks))
    expected = cohorts.created[:, recent] @ lived[recent]
    observed = cohorts.won[:, recent].sum(axis=(1, 2))
    prior = expected.sum() / max(regions, 1) * REGION_PRIOR_WEEKS / window
    height = (observed + prior) / np.maximum(expected + prior, 1e-9)
    return height[:, None] * curve[None, :]


def created_counts(history: History, cohorts: Cohorts, *, origin: date, weeks: int) -> Amounts:
    """Expected number of deals created in each coming week, by region."""
    company = cohorts.created.sum(axis=0)
    alive = _weeks_since_start(company)
    factors = month_factors(company[:alive], origin=origin)
    past_months = [(origin - timedelta(days=7 * age + 3)).month for age in range(alive)]
    span = min(LEVEL_WEEKS, alive)
    weight = 0.5 ** (np.arange(span) / LEVEL_HALF_LIFE_WEEKS)
    plain = cohorts.created[:, :span] / np.array([factors[m] for m in past_months[:span]])
    level = (plain * weight).sum(axis=1) / weight.sum()
    growth = yearly_growth(company[:alive])
    coming = np.arange(1, weeks + 1)
    trend = np.exp(np.log(growth) * np.minimum(coming, 52) / 52.0 * 0.7)
    season = np.array([factors[(origin + timedelta(days=7 * int(w) - 3)).month] for w in coming])
    return level[:, None] * (trend * season)[None, :]


def yearly_growth(newest_first: Amounts) -> float:
    """Last year's count ÷ the year before, shrunk to 1 and bounded; 1 without two years."""
    if len(newest_first) < 78:
        return 1.0
    earlier = newest_first[52:104]
    ratio = newest_first[: len(earlier)].sum() / max(earlier.sum(), 1.0)
    return float(np.clip(ratio, 0.75, 1.35) ** 0.7)


def month_factors(newest_first: Amounts, *, origin: date) -> dict[int, float]:
    """Creation in a month of the year relative to its year, shrunk halfway to 1.

    Needs 18 months; before that every month is 1.
    """
    factors = dict.fromkeys(range(1, 13), 1.0)
    if len(newest_first) < 78:
        return factors
    window = np.ones(53) / 53.0
    padded = np.pad(newest_first, 26, mode="edge")
    smooth = np.maximum(np.convolve(padded, window, mode="valid"), 1e-9)
    ratios = newest_first / smooth
    months = np.array(
        [(origin - timedelta(days=7 * age + 3)).month for age in range(len(newest_first))]
    )
    for month in factors:
        mine = ratios[months == month]
        if len(mine):
            years = len(mine) / 4.35
            factors[month] = float(1.0 + (mine.mean() - 1.0) * years / (years + 1.5))
    return factors


def day_in_month(*, day: int, days: int, ends: Days) -> Amounts:
    """1 where a coming day lies in a month: days × months."""
    coming = day + 1 + np.arange(days)
    month = np.searchsorted(ends, coming, side="right")
    inside: Amounts = (month[:, None] == np.arange(len(ends))[None, :]).astype(np.float64)
    return inside


def _weeks_since_start(newest_first: Amounts) -> int:
    filled = np.flatnonzero(newest_first)
    return int(filled[-1]) + 1 if len(filled) else 1
