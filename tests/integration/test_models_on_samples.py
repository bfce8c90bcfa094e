"""The models on public data: what cannot be predicted is not, what can be is, drift is noticed."""

import csv
import gzip
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from models_ml.common.feature import Feature
from models_ml.common.metric import Metric
from models_ml.common.probability_metrics import auc
from models_ml.lead_scoring.evaluate import backtest as backtest_leads
from models_ml.lead_scoring.evaluate import evaluate as evaluate_leads
from models_ml.lead_scoring.evaluate import is_promotable
from models_ml.lead_scoring.spec import LeadScoringSpec
from models_ml.win_probability.spec import WinProbabilitySpec
from models_ml.win_probability.train import decided_rows, train
from tests.paths import SHARED_DATA

SAMPLES = SHARED_DATA / "samples"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample data is not here")


def test_random_opportunities_stay_unpredictable() -> None:
    """Maven's outcomes are random: an AUC above 0.60 would be a leak."""
    folder = SAMPLES / "maven_crm_opportunities"
    deals = (
        pl.read_csv(folder / "sales_pipeline.csv", try_parse_dates=True)
        .filter(pl.col("deal_stage").is_in(["Won", "Lost"]))
        .join(pl.read_csv(folder / "accounts.csv"), on="account", how="left")
    )
    features = (
        Feature("sales_agent", "category", "Rep"),
        Feature("product", "category", "Product"),
        Feature("sector", "category", "Sector"),
        Feature("revenue", "number", "Revenue"),
        Feature("employees", "number", "Employees"),
    )
    frame = deals.select(
        pl.col("opportunity_id").alias("opportunity_key"),
        pl.col("engage_date").alias("as_of_date"),
        pl.col("close_date").alias("outcome_date"),
        (pl.col("deal_stage") == "Won").alias("is_won"),
        *(feature.name for feature in features),
    )
    spec = WinProbabilitySpec(features=features, mature_share=1.0)
    until = date(2017, 9, 15)
    model = train(frame, spec, until=until)
    later = decided_rows(frame, spec).filter(pl.col("as_of_date") >= until)
    assert later.height > 500
    assert auc(later["is_won"].cast(pl.Float64).to_numpy(), model.probability(later)) < 0.60


def test_education_leads_are_ranked_and_calibrated() -> None:
    """X Education without the columns that are filled in after contact; file order is time."""
    leads = pl.read_csv(
        SAMPLES / "x_education_leads" / "leads.csv", null_values=["Select", ""], infer_schema=False
    )
    features = (
        Feature("lead_source", "category", "Source"),
        Feature("title_seniority", "category", "Occupation"),
        Feature("Lead Origin", "category", "Origin"),
        Feature("Specialization", "category", "Specialization"),
        Feature("City", "category", "City"),
        Feature("TotalVisits", "number", "Visits"),
        Feature("Total Time Spent on Website", "number", "Seconds on the website"),
        Feature("Page Views Per Visit", "number", "Pages a visit"),
    )
    frame = leads.rename(
        {"Lead Source": "lead_source", "What is your current occupation": "title_seniority"}
    ).select(
        pl.col("Prospect ID").alias("lead_key"),
        _spread_over(days=730, rows=leads.height),
        (pl.col("Converted") == "1").alias("is_converted_within_90d"),
        *(
            pl.col(f.name).cast(pl.Float64) if f.kind == "number" else pl.col(f.name)
            for f in features
        ),
    )
    metrics = _by_name(evaluate_leads(backtest_leads(frame, LeadScoringSpec(features=features))))
    assert metrics["auc"].value > 0.85
    assert metrics["auc"].value > (metrics["auc"].baseline_value or 1.0)
    assert metrics["brier"].value < (metrics["brier"].baseline_value or 0.0)


def test_a_model_that_drift_has_ruined_is_not_promoted() -> None:
    """UCI bank marketing in date order, by what is known of a contact; the base rate grows fast."""
    frame = _bank(SAMPLES / "uci_bank_marketing" / "bank-additional-full.csv.gz")
    numbers = ("age", "pdays", "previous", "campaign")
    categories = ("lead_source", "title_seniority", "education", "poutcome", "month", "default")
    features = (
        *(Feature(name, "number", name) for name in numbers),
        *(Feature(name, "category", name) for name in categories),
    )
    spec = LeadScoringSpec(features=features)
    rows = frame.select(
        pl.Series("lead_key", [f"contact-{n}" for n in range(frame.height)]),
        _spread_over(days=900, rows=frame.height),
        (pl.col("y") == "yes").alias("is_converted_within_90d"),
        *(pl.col(name).cast(pl.Float64) for name in numbers),
        *(pl.col(name) for name in categories),
    )
    figures = evaluate_leads(backtest_leads(rows, spec))
    assert _by_name(figures)["auc"].value < 0.70
    assert not is_promotable(figures, spec)


def _bank(path: Path) -> pl.DataFrame:
    with gzip.open(path, "rt", encoding="utf-8") as text:
        rows = list(csv.DictReader(text, delimiter=";"))
    return pl.DataFrame(rows).rename({"contact": "lead_source", "job": "title_seniority"})


def _spread_over(*, days: int, rows: int) -> pl.Series:
    start = date(2023, 1, 1)
    return pl.Series("as_of_date", [start + timedelta(days=n * days // rows) for n in range(rows)])


def _by_name(metrics: list[Metric]) -> dict[str, Metric]:
    return {metric.metric: metric for metric in metrics}
