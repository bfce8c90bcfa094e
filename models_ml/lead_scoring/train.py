"""Train lead scoring on what was known on a day."""

from datetime import date, timedelta

import polars as pl

from models_ml.common.classifier import BoostedClassifier
from models_ml.common.classifier_training import fit_in_time
from models_ml.common.data_gate import require_enough
from models_ml.common.feature import require_columns
from models_ml.lead_scoring.spec import SPEC, LeadScoringSpec

Model = BoostedClassifier


def train(frame: pl.DataFrame, spec: LeadScoringSpec = SPEC, *, until: date | None = None) -> Model:
    """Fit on the rows of ftr_lead_scoring__lead_day whose label was known on `until`.

    `until` defaults to the newest as_of_date. Trees grow on leads of the earlier part of the
    time, early stopping and calibration use leads of the later part; no lead is in both.
    Raises NotEnoughData below the spec's numbers of leads and converted leads.
    """
    known = labelled_rows(frame, spec, until=until)
    require_enough(
        {"leads": spec.need_leads, "converted leads": spec.need_converted_leads},
        lead_counts(known, spec),
    )
    return fit_in_time(
        known,
        spec,
        key="lead_key",
        need_each={"converted leads": spec.need_converted_leads // 5},
        counts=lambda rows: lead_counts(rows, spec),
        facts={
            "model": "lead_scoring",
            "trained_until": str(until or frame["as_of_date"].max()),
            "training_leads": known["lead_key"].n_unique(),
        },
    )


def labelled_rows(
    frame: pl.DataFrame, spec: LeadScoringSpec, *, until: date | None = None
) -> pl.DataFrame:
    """Rows whose label window was closed on `until`."""
    needed = ["lead_key", "as_of_date", spec.target, *(f.name for f in spec.features)]
    require_columns(frame, needed, what="ftr_lead_scoring__lead_day")
    known = frame.select(needed).filter(pl.col(spec.target).is_not_null())
    if until is None:
        return known
    return known.filter(pl.col("as_of_date") + timedelta(days=spec.horizon_days) < until)


def lead_counts(rows: pl.DataFrame, spec: LeadScoringSpec) -> dict[str, int]:
    """Distinct leads, and those that converted inside a window."""
    return {
        "leads": rows["lead_key"].n_unique(),
        "converted leads": rows.filter(pl.col(spec.target))["lead_key"].n_unique(),
    }
