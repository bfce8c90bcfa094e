"""Facts about calibration, metrics, splits, intervals and reasons."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models_ml.common.calibration import fit_platt, logit, sigmoid
from models_ml.common.data_gate import NotEnoughData, require_enough
from models_ml.common.feature import Feature
from models_ml.common.intervals import fit_spread, interval, root_residuals, weighted_quantile
from models_ml.common.metric import (
    EVALUATION_SCHEMA,
    Metric,
    beats_baseline,
    evaluations_frame,
    headline,
)
from models_ml.common.probability_metrics import probability_metrics
from models_ml.common.reasons import top_reasons
from models_ml.common.time_splits import split_by_first_seen


def test_metrics_agree_with_scikit_learn() -> None:
    from sklearn.metrics import (
        average_precision_score,
        brier_score_loss,
        log_loss,
        roc_auc_score,
    )

    rng = np.random.default_rng(3)
    probability = np.round(rng.random(4000), 2).clip(0.01, 0.99)
    outcome = (rng.random(4000) < probability).astype(float)

    ours = probability_metrics(outcome, probability)

    assert ours["auc"] == pytest.approx(roc_auc_score(outcome, probability))
    assert ours["pr_auc"] == pytest.approx(average_precision_score(outcome, probability))
    assert ours["brier"] == pytest.approx(brier_score_loss(outcome, probability))
    assert ours["log_loss"] == pytest.approx(log_loss(outcome, probability))
    assert ours["ece"] < 0.03


def test_platt_scaling_repairs_overconfidence() -> None:
    rng = np.random.default_rng(4)
    truth = rng.normal(-1, 1, 20_000)
    outcome = (rng.random(20_000) < sigmoid(truth)).astype(float)

    scaling = fit_platt(truth * 2.0 + 1.0, outcome)

    assert scaling.slope == pytest.approx(0.5, abs=0.03)
    assert scaling.probability(truth * 2.0 + 1.0).mean() == pytest.approx(outcome.mean(), abs=1e-4)


def test_a_score_that_ranks_backwards_is_reduced_to_the_base_rate() -> None:
    raw = np.linspace(-3, 3, 2000)
    outcome = (raw < 0).astype(float)

    scaling = fit_platt(raw, outcome)

    assert scaling.slope == 0.0
    assert scaling.probability(raw)[0] == pytest.approx(0.5, abs=0.01)


def test_sigmoid_and_logit_are_inverse() -> None:
    values = np.array([-30.0, -2.0, 0.0, 5.0])
    assert logit(sigmoid(values))[1:] == pytest.approx(values[1:])


def test_a_record_is_on_one_side_of_a_split_only() -> None:
    start = date(2025, 1, 1)
    frame = pl.DataFrame(
        {
            "key": [f"k{i}" for i in range(50) for _ in range(4)],
            "as_of_date": [start + timedelta(days=i + 7 * w) for i in range(50) for w in range(4)],
        }
    )

    earlier, later = split_by_first_seen(frame, key="key", share=0.7)

    assert earlier.height + later.height == frame.height
    assert not set(earlier["key"]) & set(later["key"])


def test_intervals_hold_the_booked_part_and_cover_what_they_promise() -> None:
    rng = np.random.default_rng(5)
    certain, open_part = np.full(400, 50.0), np.full(400, 100.0)
    actual = certain + open_part * np.exp(rng.normal(0, 0.2, 400))
    residuals = pl.DataFrame(
        {
            "bucket": ["b"] * 400,
            "series": ["s"] * 400,
            "period_end_date": [date(2025, 1, 1) + timedelta(days=i) for i in range(400)],
            "residual": root_residuals(actual, certain, open_part),
        }
    )

    width = fit_spread(residuals, coverage=0.8).of(["b"] * 400)
    low, high = interval(certain, open_part, width)

    assert (low >= certain).all()
    assert ((actual >= low) & (actual <= high)).mean() == pytest.approx(0.8, abs=0.03)


def test_a_month_without_bookings_does_not_widen_the_interval_without_bound() -> None:
    open_part = np.full(40, 100.0)
    actual = np.full(40, 100.0)
    actual[::4] = 0.0
    residuals = pl.DataFrame(
        {
            "bucket": ["b"] * 40,
            "series": ["s"] * 40,
            "period_end_date": [date(2025, 1, 1) + timedelta(days=i) for i in range(40)],
            "residual": root_residuals(actual, np.zeros(40), open_part),
        }
    )

    width = fit_spread(residuals, coverage=0.8).of(["b"])
    low, high = interval(np.zeros(1), np.full(1, 100.0), width)

    assert low[0] == 0.0
    assert high[0] <= 400.0


def test_a_bucket_with_two_periods_has_no_interval() -> None:
    residuals = pl.DataFrame(
        {
            "bucket": ["b"] * 20,
            "series": ["s"] * 20,
            "period_end_date": [date(2025, 1, 1)] * 10 + [date(2025, 4, 1)] * 10,
            "residual": [0.1] * 20,
        }
    )
    assert np.isnan(fit_spread(residuals, coverage=0.8).of(["b"])).all()


def test_weighted_quantile_counts_weight() -> None:
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([8.0, 1.0, 1.0])
    assert weighted_quantile(values, weights, 0.2) == 2.0
    assert weighted_quantile(values, weights, 0.5) == 3.0


def test_the_gate_names_what_is_missing() -> None:
    with pytest.raises(NotEnoughData, match="won opportunities: 12 of 50") as caught:
        require_enough({"won opportunities": 50}, {"won opportunities": 12})
    assert caught.value.need == {"won opportunities": 50}
    assert caught.value.have == {"won opportunities": 12}


def test_promotion_needs_every_baseline_beaten() -> None:
    better = Metric("brier", 0.1, "one", 0.2)
    worse = Metric("brier", 0.1, "other", 0.05)
    assert beats_baseline([better], ["brier"])
    assert not beats_baseline([better, worse], ["brier"])
    assert not beats_baseline([Metric("brier", 0.1)], ["brier"])


def test_an_unknown_kind_names_the_allowed_ones() -> None:
    with pytest.raises(ValueError, match="number, category, flag"):
        Feature("x", "text", "X")


def test_reasons_are_the_largest_contributions_in_words() -> None:
    features = (
        Feature("stage", "category", "Stage"),
        Feature("amount", "number", "Amount"),
        Feature("idle", "number", "Days idle"),
    )
    frame = pl.DataFrame({"stage": ["Proposal"], "amount": [12000.0], "idle": [None]})
    contributions = np.array([[0.5, -0.9, 0.001, -1.0]])
    texts = top_reasons(frame, features, contributions)
    assert texts == ["▼ Amount: 12,000; ▲ Stage: Proposal"]


def test_evaluations_have_the_columns_of_the_table() -> None:
    frame = evaluations_frame(
        [Metric("auc", 0.8, "crm", 0.7), Metric("rows", 10.0)],
        model="win_probability",
        model_version="3",
        evaluated_at=datetime(2026, 1, 1, tzinfo=UTC),
        is_champion=True,
    )
    assert frame.schema == EVALUATION_SCHEMA
    assert frame["baseline_value"].to_list() == [0.7, None]


def test_headline_is_beside_the_first_baseline() -> None:
    measured = [Metric("wape", 0.1, "crm", 0.3), Metric("wape", 0.2, "run_rate", 0.25)]
    assert headline([*measured, Metric("rows", 7.0)]) == {"wape": 0.1, "rows": 7.0}
