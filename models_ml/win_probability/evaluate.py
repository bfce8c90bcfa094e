"""How good win probability would have been: train as on a past day, score what came after."""

import polars as pl

from models_ml.common.metric import Metric, beats_baseline
from models_ml.common.plots import reliability_plot
from models_ml.common.probability_metrics import probability_metrics
from models_ml.common.time_splits import date_at_share
from models_ml.win_probability.spec import SPEC, WinProbabilitySpec
from models_ml.win_probability.stage_conversion import stage_conversion_rate
from models_ml.win_probability.train import decided_rows, mature_rows, train

CRM_BASELINE = "crm_stage_probability"
STAGE_BASELINE = "shrunk_stage_conversion"


def backtest(frame: pl.DataFrame, spec: WinProbabilitySpec = SPEC) -> pl.DataFrame:
    """Held-out predictions: the model of a past day on every mature row from that day on.

    Opportunities open on or after that day were undecided then, so none is in the training.
    Columns: opportunity_key, as_of_date, stage_name, the target, probability,
    baseline_probability (CRM), stage_probability (shrunk conversion by stage, segment and age).
    """
    known = decided_rows(frame, spec)
    mature = mature_rows(known, spec)
    if mature.is_empty():
        train(frame, spec)
    until = date_at_share(mature["as_of_date"], 1.0 - spec.test_share)
    model = train(frame, spec, until=until)
    held_out = mature.filter(pl.col("as_of_date") >= until)
    past = mature_rows(decided_rows(frame, spec, until=until), spec, until=until)
    return held_out.select(
        "opportunity_key",
        "as_of_date",
        "stage_name",
        spec.target,
        pl.col("probability_rate").cast(pl.Float64).alias("baseline_probability"),
    ).with_columns(
        pl.Series("probability", model.probability(held_out)),
        pl.Series("stage_probability", stage_conversion_rate(past, held_out, target=spec.target)),
    )


def evaluate(held_out: pl.DataFrame, spec: WinProbabilitySpec = SPEC) -> list[Metric]:
    """M29 of the model beside the CRM's stage probability and the shrunk stage conversion (M09)."""
    outcome = held_out[spec.target].cast(pl.Float64).to_numpy()
    ours = probability_metrics(outcome, held_out["probability"].to_numpy())
    crm = probability_metrics(outcome, held_out["baseline_probability"].to_numpy())
    stage = probability_metrics(outcome, held_out["stage_probability"].to_numpy())
    return [
        *(Metric(name, value, CRM_BASELINE, crm[name]) for name, value in ours.items()),
        *(Metric(name, value, STAGE_BASELINE, stage[name]) for name, value in ours.items()),
        Metric("held_out_rows", float(held_out.height)),
        Metric("held_out_opportunities", float(held_out["opportunity_key"].n_unique())),
        Metric("held_out_base_rate", float(outcome.mean())),
    ]


def is_promotable(metrics: list[Metric], spec: WinProbabilitySpec = SPEC) -> bool:
    """Whether the model beats both baselines on every gate metric."""
    return beats_baseline(metrics, spec.gate_metrics)


def plot(held_out: pl.DataFrame, spec: WinProbabilitySpec = SPEC) -> bytes:
    """Reliability plot of the backtest, PNG."""
    return reliability_plot(
        held_out,
        target=spec.target,
        title="Win probability: won ever",
        baseline_label="CRM stage probability",
    )
