"""Win probability on opportunities whose quality shows in activity only."""

import json
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from models_ml.common.data_gate import NotEnoughData
from models_ml.win_probability.evaluate import backtest, evaluate, is_promotable, plot
from models_ml.win_probability.predict import PREDICTION_SCHEMA, predict
from models_ml.win_probability.spec import SPEC, WinProbabilitySpec
from models_ml.win_probability.stage_conversion import stage_conversion_rate
from models_ml.win_probability.train import Model, decided_rows, mature_rows, train
from tests.unit.models_frames import company

SCORED_AT = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return company(3000).pipeline


@pytest.fixture(scope="module")
def model(frame: pl.DataFrame) -> Model:
    return train(frame)


def test_the_model_beats_the_crm_and_the_stage_conversion(frame: pl.DataFrame) -> None:
    held_out = backtest(frame)
    metrics = evaluate(held_out)
    assert is_promotable(metrics)
    assert {m.baseline_name for m in metrics if m.metric == "auc"} == {
        "crm_stage_probability",
        "shrunk_stage_conversion",
    }
    assert next(m.value for m in metrics if m.metric == "auc") > 0.68
    assert plot(held_out).startswith(b"\x89PNG")


def test_no_held_out_opportunity_was_decided_when_the_model_was_trained(
    frame: pl.DataFrame,
) -> None:
    held_out = backtest(frame)
    trained_on = decided_rows(frame, SPEC, until=held_out["as_of_date"].min())
    assert not set(held_out["opportunity_key"]) & set(trained_on["opportunity_key"])


def test_training_uses_only_outcomes_known_by_then(frame: pl.DataFrame) -> None:
    until = date(2025, 2, 1)
    later = pl.col("outcome_date") >= until
    flipped = frame.with_columns(
        pl.when(later).then(~pl.col("is_won")).otherwise(pl.col("is_won")).alias("is_won")
    )
    assert train(flipped, until=until).to_bytes() == train(frame, until=until).to_bytes()


def test_random_outcomes_are_not_predictable(frame: pl.DataFrame) -> None:
    keys = frame["opportunity_key"].unique().sort()
    rng = np.random.default_rng(11)
    coin = pl.DataFrame({"opportunity_key": keys, "coin": rng.random(len(keys)) < 0.4})
    random = (
        frame.join(coin, on="opportunity_key")
        .with_columns(pl.when(pl.col("is_won").is_not_null()).then(pl.col("coin")).alias("is_won"))
        .drop("coin")
    )
    metrics = evaluate(backtest(random))
    assert next(m.value for m in metrics if m.metric == "auc") < 0.60


def test_young_rows_are_left_out_of_training(frame: pl.DataFrame) -> None:
    known = decided_rows(frame, SPEC)
    kept = mature_rows(known, SPEC)
    waited = (known["outcome_date"] - known["as_of_date"]).dt.total_days()
    horizon = waited.quantile(SPEC.mature_share)
    assert (known["outcome_date"].max() - kept["as_of_date"].max()).days > horizon


def test_tree_contributions_sum_to_the_raw_score(frame: pl.DataFrame, model: Model) -> None:
    rows = frame.head(500)
    gap = model.raw_contributions(rows).sum(axis=1) - model.raw_score(rows)
    assert np.abs(gap).max() <= 1e-6


def test_open_opportunities_are_scored_and_explained(frame: pl.DataFrame, model: Model) -> None:
    scores = predict(frame, model, model_version="2", scored_at=SCORED_AT)
    assert scores.schema == PREDICTION_SCHEMA
    assert sorted(scores["opportunity_key"]) == sorted(
        frame.filter(pl.col("is_current"))["opportunity_key"]
    )
    assert scores["top_reasons"].str.len_chars().min() > 0
    for rate, text in scores.select("win_rate", "contributions").head(100).iter_rows():
        log_odds = sum(json.loads(text).values())
        assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(rate, abs=1e-6)


def test_fifty_deals_are_refused() -> None:
    with pytest.raises(NotEnoughData) as caught:
        train(company(50).pipeline)
    assert caught.value.need["closed opportunities"] == SPEC.need_closed_opportunities
    assert caught.value.have["closed opportunities"] <= 50


def test_stage_conversion_is_shrunk_and_knows_only_the_past() -> None:
    past = pl.DataFrame(
        {
            "stage_name": ["A"] * 100 + ["B"] * 100,
            "segment": ["S"] * 200,
            "age_days": [10] * 200,
            "is_won": [True] * 80 + [False] * 20 + [True] * 20 + [False] * 80,
        }
    )
    rows = pl.DataFrame(
        {"stage_name": ["A", "B", "new"], "segment": ["S", None, "S"], "age_days": [5, 5, 5]}
    )
    rates = stage_conversion_rate(past, rows, target="is_won", strength=50.0)
    assert rates[0] == pytest.approx((80 + 50 * 0.7) / 150)
    assert rates[1] == pytest.approx((20 + 50 * 0.5) / 150)
    assert rates[2] == pytest.approx(0.5)


def test_a_wrong_share_names_the_allowed_range() -> None:
    with pytest.raises(ValueError, match="mature_share is 2; allowed: above 0 up to 1"):
        WinProbabilitySpec(mature_share=2)
