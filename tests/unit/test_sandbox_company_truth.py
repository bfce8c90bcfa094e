"""The truth: metric by metric on a company of a few rows, and sums over a simulated one."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from ingestion.sandbox.company.simulation import simulate
from ingestion.sandbox.company.tables import SCHEMAS, Company
from ingestion.sandbox.company.truth import fiscal_quarter, quarters_before, state, truth

AT = datetime(2026, 11, 18, 10, tzinfo=UTC)
JANUARY = datetime(2026, 1, 10, 12, tzinfo=UTC)


def rows(table: str, *records: dict[str, object]) -> pl.DataFrame:
    filled = [dict.fromkeys(SCHEMAS[table]) | record for record in records]
    return pl.DataFrame(filled, schema=SCHEMAS[table])


def deal(number: int, at: datetime, **values: object) -> dict[str, object]:
    base: dict[str, object] = {
        "opportunity_n": number, "version_at": at, "created_at": JANUARY, "is_deleted": False,
        "owner_n": 1, "amount": 100.0, "currency_code": "USD", "probability": 0.5,
        "stage": "Proposal", "forecast_category": "Best Case", "close_date": date(2026, 12, 1),
        "is_closed": False, "is_won": False,
    }  # fmt: skip
    return base | values


def won(number: int, at: datetime, day: date, **values: object) -> dict[str, object]:
    ending: dict[str, object] = {
        "stage": "Closed Won", "probability": 1.0, "forecast_category": "Closed",
        "is_closed": True, "is_won": True, "close_date": day,
    }  # fmt: skip
    return deal(number, at, **(ending | values))


@pytest.fixture
def few() -> Company:
    """Two reps in two regions; deals won, lost, open, omitted and deleted."""
    june = datetime(2026, 6, 10, 12, tzinfo=UTC)
    november = datetime(2026, 11, 5, 12, tzinfo=UTC)
    later = datetime(2026, 11, 19, tzinfo=UTC)
    frames = {table: rows(table) for table in SCHEMAS}
    person = {"version_at": JANUARY, "role": "Rep"}
    frames |= {
        "users": rows(
            "users",
            person | {"user_n": 1, "region_name": "EMEA"},
            person | {"user_n": 2, "region_name": "APAC"},
        ),
        "opportunities": rows(
            "opportunities",
            deal(1, JANUARY),
            won(1, june, date(2026, 6, 10), amount=90.0, currency_code="EUR"),
            deal(2, JANUARY, owner_n=2),
            deal(2, june, owner_n=2, is_closed=True, probability=0.0, stage="Closed Lost",
                 forecast_category="Omitted", close_date=date(2026, 6, 20)),
            deal(3, november, amount=90.0, currency_code="EUR", created_at=november),
            won(3, later, date(2026, 11, 19), created_at=november),
            deal(4, JANUARY, amount=7.0),
            deal(4, june, amount=7.0, is_deleted=True),
            deal(5, JANUARY, forecast_category="Omitted", stage="Qualification"),
        ),
        "exchange_rates": rows(
            "exchange_rates",
            *(
                {"currency_code": code, "start_date": day, "units_per_usd": rate}
                for code, day, rate in (
                    ("USD", date(2026, 1, 1), 1.0), ("EUR", date(2026, 1, 1), 0.9),
                    ("EUR", date(2026, 11, 1), 0.8),
                )
            ),
        ),
        "quotas": rows(
            "quotas",
            *(
                {"quota_n": n, "version_at": at, "user_n": n, "month": month, "amount": amount}
                for n, at, month, amount in (
                    (1, JANUARY, date(2026, 6, 1), 50.0), (1, june, date(2026, 6, 1), 200.0),
                    (2, june, date(2026, 12, 1), 40.0),
                )
            ),
        ),
        "campaign_daily": rows(
            "campaign_daily",
            {"campaign_n": 1, "date": date(2026, 6, 1), "version_at": JANUARY, "cost": 3.0},
            {"campaign_n": 1, "date": date(2026, 6, 1), "version_at": june, "cost": 4.5},
        ),
        "activities": rows(
            "activities",
            *(
                {"activity_n": n, "version_at": june, "is_deleted": gone, "is_completed": done,
                 "occurred_at": at, "owner_n": 2}
                for n, gone, done, at in (
                    (1, False, True, datetime(2026, 11, 1, 3, tzinfo=UTC)),
                    (2, False, True, datetime(2026, 11, 1, 5, tzinfo=UTC)),
                    (3, True, True, june), (4, False, False, june),
                )
            ),
        ),
    }  # fmt: skip
    return Company(**frames)


def test_bookings_use_the_rate_of_the_close_date(few: Company) -> None:
    metrics = truth(few, AT, time_zone="America/New_York")["metrics"]
    assert metrics["EMEA"]["bookings"] == 100.0
    assert metrics["APAC"]["bookings"] == 0.0
    assert metrics["All"]["win_rate"] == 0.5
    assert metrics["All"]["sales_cycle_days"] == 151.0
    assert metrics["EMEA"]["average_deal_size"] == 100.0
    assert metrics["APAC"]["average_deal_size"] is None


def test_open_pipeline_leaves_out_omitted_and_deleted_and_uses_todays_rate(few: Company) -> None:
    found = truth(few, AT, time_zone="America/New_York")
    assert found["metrics"]["All"]["open_pipeline"] == 112.5
    assert found["metrics"]["All"]["weighted_pipeline"] == 56.25
    assert found["period_metrics"]["All"]["open_pipeline"] == 112.5
    assert found["period_metrics"]["All"]["pipeline_coverage"] == 112.5 / 40.0
    assert found["rows"]["opportunities"] == 4


def test_state_follows_the_clock(few: Company) -> None:
    after = truth(few, datetime(2026, 11, 20, tzinfo=UTC), time_zone="America/New_York")
    assert after["metrics"]["All"]["bookings"] == 200.0
    assert state(few, "opportunities", JANUARY).height == 4
    assert state(few, "campaign_daily", JANUARY)["cost"].to_list() == [3.0]


def test_velocity_of_the_last_four_quarters(few: Company) -> None:
    metrics = truth(few, AT, time_zone="America/New_York")["metrics"]
    assert metrics["All"]["pipeline_velocity"] == pytest.approx(1 * 0.5 * 100.0 / 151)
    assert metrics["APAC"]["pipeline_velocity"] is None


def test_days_are_those_of_the_time_zone(few: Company) -> None:
    here = truth(few, AT, time_zone="America/New_York")
    assert here["metrics"]["All"]["activity_count"] == 2
    assert here["period_metrics"]["All"]["activity_count"] == 1
    assert truth(few, AT, time_zone="UTC")["period_metrics"]["All"]["activity_count"] == 2


def test_quota_spend_and_a_stated_period(few: Company) -> None:
    june = (date(2026, 6, 1), date(2026, 6, 30))
    found = truth(few, AT, time_zone="America/New_York", period_start=june[0], period_end=june[1])[
        "period_metrics"
    ]
    assert found["All"]["quota"] == 200.0
    assert found["EMEA"]["quota_attainment"] == 0.5
    assert found["All"]["spend"] == 4.5
    assert "spend" not in found["EMEA"]


def test_fiscal_quarters_begin_in_february_by_default() -> None:
    assert fiscal_quarter(date(2027, 1, 31), 2) == (date(2026, 11, 1), date(2027, 1, 31))
    assert fiscal_quarter(date(2026, 2, 1), 2) == (date(2026, 2, 1), date(2026, 4, 30))
    assert quarters_before(date(2026, 11, 18), 4, 2) == (date(2025, 11, 1), date(2026, 10, 31))


def test_regions_add_up_and_hidden_rates_are_probabilities() -> None:
    company = simulate(7, 0.1, datetime(2025, 2, 1, tzinfo=UTC), AT)
    found = truth(company, AT, time_zone="America/New_York", with_ids=True)
    for metric in ("bookings", "open_pipeline", "quota", "activity_count", "lead_count"):
        for block in (found["metrics"], found["period_metrics"]):
            parts = sum(values[metric] for region, values in block.items() if region != "All")
            assert parts == pytest.approx(block["All"][metric])
    hidden = found["hidden"]
    assert len(found["ids"]["opportunities"]) == found["rows"]["opportunities"]
    for rates in (hidden["win_rate"], hidden["conversion_rate"]):
        assert rates
        assert all(0 <= rate <= 1 for rate in rates.values())
    opened = found["metrics"]["All"]["open_pipeline"]
    assert 0 < hidden["expected_bookings"] < opened


def test_hidden_win_rates_rank_deals_as_they_end() -> None:
    until = datetime(2026, 11, 1, tzinfo=UTC)
    company = simulate(3, 0.25, datetime(2025, 2, 1, tzinfo=UTC), until)
    rates = truth(company, datetime(2026, 3, 1, tzinfo=UTC), time_zone="UTC")["hidden"]["win_rate"]
    ended = state(company, "opportunities", until).filter("is_closed")
    rated = ended.filter(pl.col("opportunity_n").is_in(list(rates))).with_columns(
        rate=pl.col("opportunity_n").replace_strict(rates)
    )
    high, low = rated.filter(pl.col("rate") > 0.6), rated.filter(pl.col("rate") < 0.2)
    assert high["is_won"].mean() > 0.5 > 0.2 > low["is_won"].mean()
