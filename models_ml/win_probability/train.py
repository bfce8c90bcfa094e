"""Train win probability on what was known on a day."""

from datetime import date, timedelta

import polars as pl

from models_ml.common.classifier import BoostedClassifier
from models_ml.common.classifier_training import fit_in_time
from models_ml.common.data_gate import require_enough
from models_ml.common.feature import require_columns
from models_ml.win_probability.spec import SPEC, WinProbabilitySpec

Model = BoostedClassifier


def train(
    frame: pl.DataFrame, spec: WinProbabilitySpec = SPEC, *, until: date | None = None
) -> Model:
    """Fit on the rows of ftr_win_probability__opportunity_week decided before `until`.

    `until` defaults to the day after the newest as_of_date. Trees grow on opportunities first
    seen in the earlier part of the time, early stopping and calibration use later ones; no
    opportunity is in both. Raises NotEnoughData below the spec's numbers.
    """
    known = decided_rows(frame, spec, until=until)
    require_enough(
        {
            "closed opportunities": spec.need_closed_opportunities,
            "won opportunities": spec.need_won_opportunities,
            "lost opportunities": spec.need_lost_opportunities,
        },
        opportunity_counts(known, spec),
    )
    mature = mature_rows(known, spec, until=until)
    return fit_in_time(
        mature,
        spec,
        key="opportunity_key",
        need_each={
            "won opportunities": spec.need_won_opportunities // 5,
            "lost opportunities": spec.need_lost_opportunities // 5,
        },
        counts=lambda rows: opportunity_counts(rows, spec),
        facts={
            "model": "win_probability",
            "trained_until": str(until or frame["as_of_date"].max()),
            "training_opportunities": mature["opportunity_key"].n_unique(),
        },
    )


def decided_rows(
    frame: pl.DataFrame, spec: WinProbabilitySpec, *, until: date | None = None
) -> pl.DataFrame:
    """Rows whose opportunity was known to be won or lost before `until`."""
    names = dict.fromkeys(feature.name for feature in spec.features)
    needed = ["opportunity_key", "as_of_date", "outcome_date", spec.target, *names]
    require_columns(frame, needed, what="ftr_win_probability__opportunity_week")
    known = frame.select(needed).filter(pl.col(spec.target).is_not_null())
    return known if until is None else known.filter(pl.col("outcome_date") < until)


def maturity(decided: pl.DataFrame, spec: WinProbabilitySpec) -> timedelta:
    """Time after which `mature_share` of the rows were decided."""
    waits = (decided["outcome_date"] - decided["as_of_date"]).dt.total_days()
    return timedelta(days=int(waits.quantile(spec.mature_share) or 0))


def mature_rows(
    decided: pl.DataFrame, spec: WinProbabilitySpec, *, until: date | None = None
) -> pl.DataFrame:
    """Decided rows old enough that nearly all their contemporaries are decided, too."""
    end = until or decided["outcome_date"].max()
    if not isinstance(end, date):
        return decided
    return decided.filter(pl.col("as_of_date") < end - maturity(decided, spec))


def opportunity_counts(rows: pl.DataFrame, spec: WinProbabilitySpec) -> dict[str, int]:
    """Distinct closed, won and lost opportunities."""
    keys = pl.col("opportunity_key").n_unique()
    won = rows.filter(pl.col(spec.target)).select(keys).item()
    closed = rows.select(keys).item()
    return {
        "closed opportunities": closed,
        "won opportunities": won,
        "lost opportunities": closed - won,
    }
