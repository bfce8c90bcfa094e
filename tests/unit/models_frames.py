"""Feature frames of a made-up company whose true chances are known, for the models' tests."""

import itertools
from datetime import date, timedelta

import numpy as np
import polars as pl

from models_ml.forecasting.history import History

START = date(2023, 2, 1)
STAGES = ("Qualification", "Discovery", "Proposal", "Negotiation")
CRM_PROBABILITY = (0.10, 0.25, 0.50, 0.75)
REGIONS = ("APAC", "EMEA", "LATAM", "North America")
AGES = (0, 1, 3, 7, 14, 30, 60)


def lead_frame(leads: int, *, seed: int = 1, days: int = 900) -> pl.DataFrame:
    """Rows of ftr_lead_scoring__lead_day; source, seniority and clicks drive conversion."""
    rng = np.random.default_rng(seed)
    sources = np.array(["Referral", "Website", "Cold Outreach", "Webinar"])
    titles = np.array(["C-level", "VP", "Director", "Manager", "Individual"])
    source = rng.integers(0, 4, leads)
    title = rng.integers(0, 5, leads)
    clicks = rng.gamma(0.6, 1.0, leads)
    employees = np.round(rng.lognormal(5, 1.2, leads))
    log_odds = np.array([0.6, -0.6, -1.6, -0.3])[source] - 0.25 * title + 0.7 * clicks - 1.6
    converts = rng.random(leads) < 1 / (1 + np.exp(-log_odds))
    wait = np.where(converts, rng.exponential(18, leads) + 0.5, 10**6)
    created = rng.integers(0, days, leads)
    rows = []
    for age in (*AGES, None):
        reached = created + (age if age is not None else days - created)
        is_current = age is None
        alive = wait > reached - created
        keep = alive & ((reached < days) if not is_current else (days - created <= 180))
        window_closed = (reached + 90 < days) & (not is_current)
        label = wait <= (reached - created) + 90
        index = np.flatnonzero(keep)
        seen = clicks[index] * (1 - np.exp(-(reached - created)[index] / 5.0))
        rows.append(
            pl.DataFrame(
                {
                    "lead_key": [f"lead-{n}" for n in index],
                    "as_of_date": [START + timedelta(days=int(d)) for d in reached[index]],
                    "is_current": [is_current] * len(index),
                    "age_days": (reached - created)[index],
                    "lead_source": sources[source[index]],
                    "title_seniority": titles[title[index]],
                    "industry": np.array(["Software", "Retail"])[index % 2],
                    "country": np.array(["US", "DE", "BR"])[index % 3],
                    "campaign_channel": [None] * len(index),
                    "employee_count": employees[index],
                    "email_open_score": seen * 2,
                    "email_click_score": seen,
                    "email_sent_count_30d": [3] * len(index),
                    "days_since_last_engagement": np.where(seen > 0.2, 3, None).tolist(),
                    "is_unsubscribed": [False] * len(index),
                    "call_count": rng.integers(0, 4, len(index)),
                    "outbound_email_count": rng.integers(0, 4, len(index)),
                    "inbound_email_count": rng.integers(0, 2, len(index)),
                    "meeting_count": rng.integers(0, 2, len(index)),
                    "activity_count_14d": rng.integers(0, 5, len(index)),
                    "days_since_last_activity": rng.integers(0, 20, len(index)),
                    "first_response_hours": rng.exponential(10, len(index)),
                    "is_converted_within_90d": pl.Series(
                        np.where(window_closed[index], label[index], None).tolist(),
                        dtype=pl.Boolean,
                    ),
                },
                schema_overrides={
                    "campaign_channel": pl.String,
                    "days_since_last_engagement": pl.Int64,
                },
            )
        )
    return pl.concat(rows).sort("lead_key", "as_of_date")


def company(opportunities: int, *, seed: int = 2, days: int = 1096) -> History:
    """Opportunities over three years, seen on Sundays and on the last day.

    A hidden quality decides the outcome; activity shows it, the CRM's stage probability does not.
    """
    rng = np.random.default_rng(seed)
    created = np.sort(rng.integers(-60, days, opportunities))
    quality = rng.normal(0, 1, opportunities)
    won = rng.random(opportunities) < 1 / (1 + np.exp(-(1.3 * quality - 1.0)))
    cycle = np.where(won, rng.gamma(6, 12, opportunities), rng.gamma(4, 14, opportunities)) + 3
    closed = created + cycle.astype(int)
    amount = np.round(rng.lognormal(10, 0.7, opportunities), 2)
    region = rng.integers(0, 4, opportunities)
    stated = created + 75 + rng.integers(-15, 16, opportunities)
    kept = closed >= 0
    sundays = [d for d in range(days) if (START + timedelta(days=d)).isoweekday() == 7]
    parts = []
    for day in sorted({*sundays, days - 1}):
        index = np.flatnonzero(kept & (created <= day) & (closed > day))
        if not len(index):
            continue
        age = day - created[index]
        life = age / (closed - created)[index]
        stage = np.minimum((life * 4).astype(int), 3)
        push = np.maximum((day - stated[index]) // 30 + 1, 0) * (day > stated[index])
        n = len(index)
        calm = np.zeros(n, dtype=int)
        outcome_known = closed[index] < days
        parts.append(
            pl.DataFrame(
                {
                    "opportunity_key": [f"deal-{i}" for i in index],
                    "as_of_date": [START + timedelta(days=day)] * n,
                    "is_current": [day == days - 1] * n,
                    "stage_name": np.array(STAGES)[stage],
                    "stage_order": stage + 1,
                    "probability_rate": np.array(CRM_PROBABILITY)[stage],
                    "forecast_category": ["Pipeline"] * n,
                    "segment": np.array(["SMB", "Enterprise"])[index % 2],
                    "industry": ["Software"] * n,
                    "lead_source": ["Website"] * n,
                    "opportunity_type": ["New"] * n,
                    "product_family": ["Core"] * n,
                    "amount": amount[index],
                    "amount_change_rate": np.zeros(n),
                    "age_days": age,
                    "stage_age_days": age // 4,
                    "regression_count": calm,
                    "push_count": push,
                    "days_pushed": push * 30,
                    "days_to_close_date": stated[index] + push * 30 - day,
                    "days_to_quarter_end": [30] * n,
                    "is_due_this_quarter": [True] * n,
                    "rep_win_rate": np.full(n, 0.3),
                    "rep_open_count": [20] * n,
                    "activity_count_7d": rng.poisson(np.exp(0.5 * quality[index])),
                    "activity_count_30d": rng.poisson(4 * np.exp(0.5 * quality[index])),
                    "inbound_count_30d": rng.poisson(2 * np.exp(0.7 * quality[index])),
                    "meeting_count_30d": rng.poisson(np.exp(0.4 * quality[index])),
                    "contact_count_30d": calm + 1,
                    "days_since_last_activity": calm + 3,
                    "is_won": pl.Series(
                        np.where(outcome_known, won[index], None).tolist(), dtype=pl.Boolean
                    ),
                    "outcome_date": pl.Series(
                        [
                            START + timedelta(days=int(c)) if c < days else None
                            for c in closed[index]
                        ],
                        dtype=pl.Date,
                    ),
                }
            )
        )
    index = np.flatnonzero(kept & (created < days))
    over = [int(c) if c < days else None for c in closed[index]]
    dates = [None if c is None else START + timedelta(days=c) for c in over]
    outcomes = pl.DataFrame(
        {
            "opportunity_key": [f"deal-{i}" for i in index],
            "region_name": np.array(REGIONS)[region[index]],
            "created_date": [START + timedelta(days=int(c)) for c in created[index]],
            "close_date": pl.Series(dates, dtype=pl.Date),
            "outcome_date": pl.Series(dates, dtype=pl.Date),
            "is_won": pl.Series(
                [None if c is None else bool(won[i]) for i, c in zip(index, over, strict=True)],
                dtype=pl.Boolean,
            ),
            "won_amount": pl.Series(
                [
                    float(amount[i]) if c is not None and won[i] else None
                    for i, c in zip(index, over, strict=True)
                ],
                dtype=pl.Float64,
            ),
        }
    )
    return History(pipeline=pl.concat(parts), outcomes=outcomes, calendar=calendar())


def calendar(first_year: int = 2022, last_year: int = 2028) -> pl.DataFrame:
    """Rows of ftr_forecasting__period for a fiscal year that starts in February."""
    months = [
        date(year, month, 1) for year in range(first_year, last_year) for month in range(1, 13)
    ][1:]
    rows = []
    for start, after in itertools.pairwise(months):
        rows.append(("month", start, after - timedelta(days=1)))
    for start, after in zip(months[:-3:3], months[3::3], strict=False):
        rows.append(("quarter", start, after - timedelta(days=1)))
    schema = {
        "period_type": pl.String,
        "period_start_date": pl.Date,
        "period_end_date": pl.Date,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")
