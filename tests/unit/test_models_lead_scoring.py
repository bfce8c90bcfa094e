"""Lead scoring on leads whose true chances are known."""

import json
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from models_ml.common.data_gate import NotEnoughData
from models_ml.lead_scoring.evaluate import backtest, evaluate, is_promotable, plot
from models_ml.lead_scoring.predict import PREDICTION_SCHEMA, predict
from models_ml.lead_scoring.spec import SPEC, LeadScoringSpec
from models_ml.lead_scoring.train import Model, labelled_rows, train
from tests.unit.models_frames import lead_frame

SCORED_AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return lead_frame(6000)


@pytest.fixture(scope="module")
def model(frame: pl.DataFrame) -> Model:
    return train(frame)


@pytest.fixture(scope="module")
def scores(frame: pl.DataFrame, model: Model) -> pl.DataFrame:
    return predict(frame, model, model_version="7", scored_at=SCORED_AT)


def test_the_model_beats_source_and_title(frame: pl.DataFrame) -> None:
    held_out = backtest(frame)
    metrics = evaluate(held_out)
    by_name = {metric.metric: metric for metric in metrics}

    assert by_name["auc"].value > by_name["auc"].baseline_value + 0.04
    assert by_name["ece"].value < 0.03
    assert is_promotable(metrics)
    assert plot(held_out).startswith(b"\x89PNG")


def test_training_uses_only_labels_known_by_then(frame: pl.DataFrame) -> None:
    until = date(2024, 9, 1)
    known = labelled_rows(frame, SPEC, until=until)
    assert (until - known["as_of_date"].max()).days > SPEC.horizon_days

    future = pl.col("as_of_date") >= date(2024, 6, 3)
    flipped = frame.with_columns(
        pl.when(future).then(~pl.col(SPEC.target)).otherwise(pl.col(SPEC.target)).alias(SPEC.target)
    )
    assert train(flipped, until=until).to_bytes() == train(frame, until=until).to_bytes()


def test_tree_contributions_sum_to_the_raw_score(frame: pl.DataFrame, model: Model) -> None:
    rows = frame.head(500)
    gap = model.raw_contributions(rows).sum(axis=1) - model.raw_score(rows)
    assert np.abs(gap).max() <= 1e-6


def test_stored_contributions_explain_the_stored_rate(scores: pl.DataFrame) -> None:
    for rate, text in scores.select("conversion_rate", "contributions").head(200).iter_rows():
        log_odds = sum(json.loads(text).values())
        assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(rate, abs=1e-6)


def test_every_open_lead_is_scored_once(frame: pl.DataFrame, scores: pl.DataFrame) -> None:
    current = frame.filter(pl.col("is_current"))
    assert scores.schema == PREDICTION_SCHEMA
    assert sorted(scores["lead_key"]) == sorted(current["lead_key"])
    assert scores["score"].min() == 1
    assert scores["score"].max() == 100
    assert scores["model_version"].unique().to_list() == ["7"]


def test_grades_follow_capacity(scores: pl.DataFrame) -> None:
    counts = dict(scores["grade"].value_counts().iter_rows())
    share = SPEC.grade_capacity_share * scores.height
    assert counts["A"] == pytest.approx(share, abs=1)
    assert counts["B"] == pytest.approx(share, abs=1)
    assert counts["C"] == pytest.approx(2 * share, abs=1)
    lowest_of_a = scores.filter(pl.col("grade") == "A")["conversion_rate"].min()
    assert scores.filter(pl.col("grade") != "A")["conversion_rate"].max() <= lowest_of_a


def test_a_model_survives_its_bytes(frame: pl.DataFrame, model: Model) -> None:
    again = Model.from_bytes(model.to_bytes())
    rows = frame.head(300)
    assert again.to_bytes() == model.to_bytes()
    assert (again.probability(rows) == model.probability(rows)).all()


def test_the_same_frame_in_another_order_gives_the_same_scores(
    frame: pl.DataFrame, model: Model, scores: pl.DataFrame
) -> None:
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=1)
    again = predict(shuffled, model, model_version="7", scored_at=SCORED_AT)
    by_key = scores.join(again, on="lead_key")
    assert (by_key["conversion_rate"] == by_key["conversion_rate_right"]).all()


def test_nothing_to_score_gives_an_empty_frame(frame: pl.DataFrame, model: Model) -> None:
    past = frame.filter(~pl.col("is_current"))
    assert predict(past, model, model_version="7", scored_at=SCORED_AT).is_empty()


def test_a_small_company_gets_a_refusal_and_no_model() -> None:
    with pytest.raises(NotEnoughData):
        train(lead_frame(200))
    with pytest.raises(NotEnoughData):
        backtest(lead_frame(200))
    with pytest.raises(NotEnoughData):
        backtest(lead_frame(200).clear())


def test_a_wrong_share_names_the_allowed_range() -> None:
    with pytest.raises(ValueError, match=r"test_share is 0\.9; allowed: above 0 up to 0\.5"):
        LeadScoringSpec(test_share=0.9)


def test_a_missing_column_is_named(frame: pl.DataFrame) -> None:
    with pytest.raises(ValueError, match="email_click_score"):
        train(frame.drop("email_click_score"))
