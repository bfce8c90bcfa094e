"""How good lead scoring would have been: train as on a past day, score what came after."""

import numpy as np
import polars as pl

from models_ml.common.calibration import Floats
from models_ml.common.metric import Metric, beats_baseline
from models_ml.common.plots import reliability_plot
from models_ml.common.probability_metrics import probability_metrics
from models_ml.common.time_splits import date_at_share
from models_ml.lead_scoring.spec import SPEC, LeadScoringSpec
from models_ml.lead_scoring.train import labelled_rows, train

BASELINE = "logistic_source_title"


def backtest(frame: pl.DataFrame, spec: LeadScoringSpec = SPEC) -> pl.DataFrame:
    """Held-out predictions: the model of a past day on every labelled row from that day on.

    The day is chosen so that about `spec.test_share` of the labelled rows come after it. The
    model, and the baseline, know only labels whose window had closed by then.
    Columns: lead_key, as_of_date, the target, probability, baseline_probability.
    """
    known = labelled_rows(frame, spec)
    if known.is_empty():
        train(frame, spec)
    until = date_at_share(known["as_of_date"], 1.0 - spec.test_share)
    model = train(frame, spec, until=until)
    held_out = known.filter(pl.col("as_of_date") >= until)
    past = labelled_rows(frame, spec, until=until)
    return held_out.select("lead_key", "as_of_date", spec.target).with_columns(
        pl.Series("probability", model.probability(held_out)),
        pl.Series("baseline_probability", logistic_baseline(past, held_out, spec)),
    )


def logistic_baseline(past: pl.DataFrame, held_out: pl.DataFrame, spec: LeadScoringSpec) -> Floats:
    """What a team does without machine learning: a logistic regression on source and seniority."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import OneHotEncoder

    columns = ["lead_source", "title_seniority"]
    encoder = OneHotEncoder(handle_unknown="ignore")

    def table(rows: pl.DataFrame) -> np.ndarray:
        return rows.select(pl.col(columns).fill_null("(none)")).to_numpy()

    regression = LogisticRegression(max_iter=200)
    regression.fit(encoder.fit_transform(table(past)), past[spec.target].to_numpy())
    chances = regression.predict_proba(encoder.transform(table(held_out)))[:, 1]
    return np.asarray(chances, dtype=np.float64)


def evaluate(held_out: pl.DataFrame, spec: LeadScoringSpec = SPEC) -> list[Metric]:
    """M29 of the model beside the baseline's, over the rows of `backtest`."""
    outcome = held_out[spec.target].cast(pl.Float64).to_numpy()
    ours = probability_metrics(outcome, held_out["probability"].to_numpy())
    theirs = probability_metrics(outcome, held_out["baseline_probability"].to_numpy())
    figures = [Metric(name, value, BASELINE, theirs[name]) for name, value in ours.items()]
    return [
        *figures,
        Metric("held_out_rows", float(held_out.height)),
        Metric("held_out_leads", float(held_out["lead_key"].n_unique())),
        Metric("held_out_base_rate", float(outcome.mean())),
    ]


def is_promotable(metrics: list[Metric], spec: LeadScoringSpec = SPEC) -> bool:
    """Whether the model beats its baseline on every gate metric."""
    return beats_baseline(metrics, spec.gate_metrics)


def plot(held_out: pl.DataFrame, spec: LeadScoringSpec = SPEC) -> bytes:
    """Reliability plot of the backtest, PNG."""
    return reliability_plot(
        held_out,
        target=spec.target,
        title="Lead scoring: conversion within 90 days",
        baseline_label="source and seniority",
    )
