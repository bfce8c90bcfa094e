"""The forecast on a company whose deals and dates are made up."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models_ml.common.data_gate import NotEnoughData
from models_ml.forecasting.creation import value_curve, weekly_cohorts
from models_ml.forecasting.evaluate import backtest, evaluate, is_promotable, plot
from models_ml.forecasting.history import History, day_number
from models_ml.forecasting.predict import PREDICTION_SCHEMA, as_predictions, predict
from models_ml.forecasting.project import project
from models_ml.forecasting.rhythm import learn_rhythm
from models_ml.forecasting.spec import SPEC, ForecastingSpec
from models_ml.forecasting.timing import Timing, month_shares
from models_ml.forecasting.train import Model, learn, train
from tests.unit.models_frames import calendar, company

SCORED_AT = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def history() -> History:
    return company(2500)


@pytest.fixture(scope="module")
def replayed(history: History) -> pl.DataFrame:
    return backtest(history)


@pytest.fixture(scope="module")
def model(history: History, replayed: pl.DataFrame) -> Model:
    return train(history, backtest=replayed)


@pytest.fixture(scope="module")
def forecast(history: History, model: Model) -> pl.DataFrame:
    return predict(history, model, model_version="1", scored_at=SCORED_AT)


def test_the_forecast_beats_every_baseline(replayed: pl.DataFrame) -> None:
    metrics = evaluate(replayed)
    assert is_promotable(metrics)
    fva = {m.baseline_name: m.value for m in metrics if m.metric == "fva_quarter_current"}
    assert fva["crm_weighted_pipeline"] > 0.25
    assert plot(replayed).startswith(b"\x89PNG")


def test_at_least_eight_quarters_of_weekly_origins_are_replayed(replayed: pl.DataFrame) -> None:
    quarters = replayed.filter(
        (pl.col("period_type") == "quarter") & (pl.col("periods_ahead") == 0)
    )
    assert quarters["period_start_date"].n_unique() >= 8
    assert replayed["origin_date"].n_unique() >= 8 * 13


def test_regions_sum_to_the_company_and_months_to_quarters(forecast: pl.DataFrame) -> None:
    keys = ["period_type", "period_start_date"]
    for column in ("forecast_amount", "booked_to_date_amount", "baseline_amount"):
        sums = forecast.group_by(keys).agg(
            pl.col(column).filter(pl.col("level") == "region").sum().alias("regions"),
            pl.col(column).filter(pl.col("level") == "company").sum().alias("company"),
        )
        assert (sums["regions"] - sums["company"]).abs().max() <= 0.01


def test_the_forecast_holds_what_is_booked(forecast: pl.DataFrame) -> None:
    assert (forecast["forecast_amount"] >= forecast["booked_to_date_amount"]).all()
    known = forecast.drop_nulls("low_amount")
    assert known.height > 0.8 * forecast.height
    assert (known["low_amount"] >= known["booked_to_date_amount"]).all()
    assert (known["low_amount"] <= known["forecast_amount"]).all()
    assert (known["high_amount"] >= known["forecast_amount"]).all()


def test_six_months_and_four_quarters_ahead(forecast: pl.DataFrame) -> None:
    assert forecast.schema == PREDICTION_SCHEMA
    company_rows = forecast.filter(pl.col("level") == "company")
    counts = dict(company_rows["period_type"].value_counts().iter_rows())
    assert counts == {"month": SPEC.months_ahead + 1, "quarter": SPEC.quarters_ahead + 1}
    assert SPEC.months_ahead >= 6
    assert SPEC.quarters_ahead >= 4


def test_an_origin_knows_nothing_of_what_came_later(history: History) -> None:
    origin, until = date(2025, 4, 6), date(2025, 4, 1)
    later = pl.col("outcome_date") > origin
    blind = History(
        pipeline=history.pipeline.filter(pl.col("as_of_date") <= origin).with_columns(
            pl.when(~later).then(pl.col("is_won")).alias("is_won"),
            pl.when(~later).then(pl.col("outcome_date")).alias("outcome_date"),
        ),
        outcomes=history.outcomes.filter(pl.col("created_date") <= origin).with_columns(
            pl.when(~later).then(pl.col(name)).alias(name)
            for name in ("close_date", "outcome_date", "is_won", "won_amount")
        ),
        calendar=history.calendar,
    )
    tables = [
        project(
            known,
            origin=origin,
            learnt=learn(known, SPEC.win, samples=SPEC.timing_samples, until=until),
            spec=SPEC,
        )
        for known in (history, blind)
    ]
    assert tables[0].equals(tables[1])


def test_a_model_survives_its_bytes(history: History, model: Model, forecast: pl.DataFrame) -> None:
    again = Model.from_bytes(model.to_bytes())
    assert again.to_bytes() == model.to_bytes()
    repeated = predict(history, again, model_version="1", scored_at=SCORED_AT)
    assert repeated.equals(forecast)


def test_a_backtest_can_fill_the_ledger(replayed: pl.DataFrame) -> None:
    past = as_predictions(replayed, model_version="1", scored_at=SCORED_AT)
    assert past.schema == PREDICTION_SCHEMA
    assert past.height == replayed.height


def test_fifty_deals_are_refused() -> None:
    with pytest.raises(NotEnoughData, match="won opportunities"):
        train(company(50))


def test_a_short_calendar_is_named(history: History, model: Model) -> None:
    short = History(history.pipeline, history.outcomes, calendar(2022, 2027))
    with pytest.raises(ValueError, match="ftr_forecasting__period"):
        predict(short, model, model_version="1", scored_at=SCORED_AT)


def test_a_wrong_interval_names_the_allowed_range() -> None:
    with pytest.raises(ValueError, match=r"interval is 1\.5; allowed: 0\.5 up to below 1"):
        ForecastingSpec(interval=1.5)


def test_months_share_the_future_dates_only() -> None:
    timing = Timing(samples={"1|3": (-40, 0, 0, 10)}, amount_ratio={}, rhythm=(1.0,) * 13)
    origin = date(2026, 1, 11)
    rows = pl.DataFrame({"stage_order": [1], "days_to_close_date": [16]})
    ends = np.array([day_number(date(2026, 2, 1)), day_number(date(2026, 3, 1))])
    weights = np.ones(48)
    shares = month_shares(timing, rows, origin=origin, ends=ends, weights=weights)
    assert shares.tolist() == [[pytest.approx(2 / 3), pytest.approx(1 / 3)]]


def test_a_busy_last_week_draws_wins_into_the_month() -> None:
    timing = Timing(samples={"1|3": (0, 10)}, amount_ratio={}, rhythm=(1.0,) * 13)
    origin = date(2026, 1, 11)
    rows = pl.DataFrame({"stage_order": [1], "days_to_close_date": [16]})
    ends = np.array([day_number(date(2026, 2, 1)), day_number(date(2026, 3, 1))])
    weights = np.where(np.arange(48) < 20, 3.0, 1.0)
    shares = month_shares(timing, rows, origin=origin, ends=ends, weights=weights)
    assert shares[0, 0] == pytest.approx(0.75)


def test_rhythm_is_flat_without_and_steep_with_a_rush() -> None:
    start, days = date(2023, 2, 1), 730
    rush = [
        start + timedelta(days=d)
        for d in range(days)
        for _ in range(8 if (start + timedelta(days=d + 7)).month in (2, 5, 8, 11)
                       and (start + timedelta(days=d + 7)).day <= 7 else 2)
    ]  # fmt: skip
    steep = learn_rhythm(_all_won(rush), known_before=start + timedelta(days=days))
    assert steep[0] > 2.0
    assert max(steep[2:]) < 1.1


def test_the_value_curve_is_what_cohorts_were_worth() -> None:
    origin = date(2025, 2, 1)
    created = [origin - timedelta(days=7 * week + 3) for week in range(60)]
    outcomes = pl.DataFrame(
        {
            "opportunity_key": [f"d{i}" for i in range(60)],
            "region_name": ["EMEA"] * 60,
            "created_date": created,
            "close_date": [
                day + timedelta(days=14) if day + timedelta(days=14) <= origin else None
                for day in created
            ],
            "outcome_date": [
                day + timedelta(days=14) if day + timedelta(days=14) <= origin else None
                for day in created
            ],
            "is_won": [day + timedelta(days=14) <= origin or None for day in created],
            "won_amount": [100.0] * 60,
        }
    )
    history = _history(outcomes, origin)
    cohorts = weekly_cohorts(history, day=day_number(origin), weeks=60)
    curve = value_curve(cohorts, lags=6, window=52)
    assert curve[0] == pytest.approx([0.0, 0.0, 100.0, 0.0, 0.0, 0.0])


def _all_won(days: list[date]) -> History:
    count = len(days)
    outcomes = pl.DataFrame(
        {
            "opportunity_key": [f"d{i}" for i in range(count)],
            "region_name": ["EMEA"] * count,
            "created_date": days,
            "close_date": days,
            "outcome_date": days,
            "is_won": [True] * count,
            "won_amount": [1.0] * count,
        }
    )
    return _history(outcomes, days[-1])


def _history(outcomes: pl.DataFrame, last_day: date) -> History:
    pipeline = pl.DataFrame(
        {
            "opportunity_key": ["open"],
            "as_of_date": [last_day],
            "is_current": [True],
            "amount": [1.0],
        }
    )
    return History(pipeline=pipeline, outcomes=outcomes, calendar=calendar())
