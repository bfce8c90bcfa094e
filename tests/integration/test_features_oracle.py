"""The features' SQL says what a plain second computation says, and never looks ahead."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ingestion.sandbox.company.simulation import simulate
from models_ml.lead_scoring.spec import SPEC as LEAD_SCORING
from models_ml.win_probability.spec import SPEC as WIN_PROBABILITY
from tests.integration.features_marts import (
    build_features,
    local_date,
    marts,
    without_rewrites,
    write_release,
)
from tests.integration.features_oracle import by_key, differing, lead_features, opportunity_features

START = datetime(2025, 1, 1, tzinfo=UTC)
EARLIER = datetime(2026, 3, 4, 15, tzinfo=UTC)
LATER = datetime(2026, 6, 10, 15, tzinfo=UTC)
LEADS = "ftr_lead_scoring__lead_day"
WEEKS = "ftr_win_probability__opportunity_week"
OUTCOMES = "ftr_forecasting__opportunity_outcome"
PERIODS = "ftr_forecasting__period"

Tables = dict[str, pl.DataFrame]
Runs = dict[datetime, tuple[Tables, Tables]]


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Runs]:
    """(marts, features) of one company at two instants."""
    company = without_rewrites(simulate(11, 0.04, START, LATER))
    folder = tmp_path_factory.mktemp("features")
    found = {}
    for at in (EARLIER, LATER):
        release = folder / f"{at:%Y%m%d}"
        tables = marts(company, at)
        write_release(release, tables)
        found[at] = (tables, build_features(release, at, target=folder / "target"))
    yield found
    shutil.rmtree(folder)


def test_every_feature_of_a_model_is_a_column(runs: Runs) -> None:
    features = runs[LATER][1]
    assert {f.name for f in LEAD_SCORING.features} <= set(features[LEADS].columns)
    assert {f.name for f in WIN_PROBABILITY.features} <= set(features[WEEKS].columns)


def test_lead_days_agree_with_the_oracle(runs: Runs) -> None:
    tables, features = runs[LATER]
    leads = {row["lead_key"]: row for row in tables["fct_leads"].iter_rows(named=True)}
    engagements = by_key(tables["fct_marketing_engagements"], "lead_key")
    activities = by_key(tables["fct_activities"], "lead_key")
    rows = features[LEADS].sample(600, seed=1)
    for row in rows.iter_rows(named=True):
        lead = leads[row["lead_key"]]
        expected = lead_features(
            row, lead, engagements.get(row["lead_key"], []), activities.get(row["lead_key"], [])
        )
        assert differing(row, expected) == {}, row


def test_lead_labels_agree_with_the_oracle(runs: Runs) -> None:
    tables, features = runs[LATER]
    converted = tables["fct_leads"].select("lead_key", local_date("converted_at").alias("on"))
    rows = features[LEADS].join(converted, on="lead_key")
    ends = pl.col("as_of_date") + timedelta(days=90)
    expected = pl.when(ends < LATER.date()).then((pl.col("on") <= ends).fill_null(value=False))
    assert rows.select((pl.col("is_converted_within_90d").eq_missing(expected)).all()).item()
    assert rows.filter(pl.col("on") <= pl.col("as_of_date")).is_empty()
    assert rows["is_converted_within_90d"].sum() > 20


def test_only_open_leads_of_180_days_are_scored(
    runs: Runs,
) -> None:
    tables, features = runs[LATER]
    open_leads = tables["fct_leads"].filter(
        ~pl.col("is_converted")
        & (pl.col("status") != "Disqualified")
        & (pl.col("created_date") >= LATER.date() - timedelta(days=180))
    )
    current = features[LEADS].filter(pl.col("is_current"))
    assert sorted(current["lead_key"]) == sorted(open_leads["lead_key"])


def test_opportunity_weeks_agree_with_the_oracle(
    runs: Runs,
) -> None:
    tables, features = runs[LATER]
    opportunities = tables["fct_opportunities"].with_columns(
        local_date("closed_at").alias("outcome_date")
    )
    known = {row["opportunity_key"]: row for row in opportunities.iter_rows(named=True)}
    snapshots = tables["fct_pipeline_snapshots_daily"].sort("opportunity_key", "snapshot_date")
    lives = by_key(snapshots, "opportunity_key")
    activities = by_key(tables["fct_activities"], "opportunity_key")
    closed = opportunities.filter(pl.col("is_closed")).to_dicts()
    reps = tables["dim_sales_reps"]
    rep_of = dict(reps.select("sales_rep_key", "sales_rep_id").iter_rows())
    for row in features[WEEKS].sample(400, seed=1).iter_rows(named=True):
        key = row["opportunity_key"]
        expected = opportunity_features(
            row, known[key], lives[key], activities.get(key, []), closed, rep_of
        )
        assert differing(row, expected) == {}, row


def test_what_is_open_now_is_scored(runs: Runs) -> None:
    tables, features = runs[LATER]
    today = tables["fct_pipeline_snapshots_daily"].filter(
        pl.col("snapshot_date") == pl.col("snapshot_date").max()
    )
    current = features[WEEKS].filter(pl.col("is_current"))
    assert sorted(current["opportunity_key"]) == sorted(today["opportunity_key"])
    assert current["is_won"].null_count() == current.height


@pytest.mark.parametrize(
    ("table", "key", "labels"),
    [
        (LEADS, "lead_key", ["is_converted_within_90d"]),
        (WEEKS, "opportunity_key", ["is_won", "outcome_date", "is_current"]),
    ],
)
def test_later_events_change_no_earlier_row(
    runs: Runs, table: str, key: str, labels: list[str]
) -> None:
    """All that happened between the two instants, also to old records, leaves old rows alone."""

    def old_rows(at: datetime) -> pl.DataFrame:
        rows = runs[at][1][table].filter(pl.col("as_of_date") < EARLIER.date())
        return rows.drop(labels).sort(key, "as_of_date")

    before, after = old_rows(EARLIER), old_rows(LATER)
    assert before.height > 1000
    # Sums of decayed scores may differ in their last bits: threads add in any order.
    assert_frame_equal(before, after, rel_tol=1e-9, abs_tol=1e-12)


def test_outcomes_hold_every_booking_once(runs: Runs) -> None:
    tables, features = runs[LATER]
    won = tables["fct_opportunities"].filter(pl.col("is_won"))
    outcomes = features[OUTCOMES]
    assert outcomes.height == tables["fct_opportunities"].height
    assert outcomes["won_amount"].sum() == pytest.approx(float(won["amount"].sum()))
    assert set(outcomes["region_name"]) <= {"North America", "EMEA", "LATAM", "APAC"}


def test_periods_are_whole(runs: Runs) -> None:
    periods = runs[LATER][1][PERIODS]
    days = (periods["period_end_date"] - periods["period_start_date"]).dt.total_days() + 1
    quarters = periods["period_type"] == "quarter"
    assert days.filter(quarters).is_between(89, 92).all()
    assert days.filter(~quarters).is_between(28, 31).all()
    starts = periods.filter(quarters)["period_start_date"].dt.month()
    assert set(starts) == {2, 5, 8, 11}
