"""What every classifier over records in time shares: its spec, and how it is fitted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from models_ml.common.classifier import (
    DEFAULT_BOOSTING,
    BoostedClassifier,
    BoostingSettings,
    fit_classifier,
)
from models_ml.common.data_gate import require_enough
from models_ml.common.feature import Feature
from models_ml.common.time_splits import split_by_first_seen, thin

Counts = Callable[[pl.DataFrame], Mapping[str, int]]


@dataclass(frozen=True)
class ClassifierSpec:
    """Features, target, and how the rows are shared between fit, calibration and test."""

    features: tuple[Feature, ...]
    target: str
    seed: int = 7
    boosting: BoostingSettings = DEFAULT_BOOSTING
    max_training_rows: int = 60_000
    calibration_share: float = 0.2
    test_share: float = 0.25
    reason_count: int = 4
    gate_metrics: tuple[str, ...] = ("brier", "log_loss")

    def __post_init__(self) -> None:
        if not self.features:
            raise ValueError(f"{type(self).__name__}.features is empty; name at least one Feature.")
        self.require_share("calibration_share", highest=0.5)
        self.require_share("test_share", highest=0.5)

    def require_share(self, name: str, *, highest: float) -> None:
        """Raise ValueError unless the field `name` is above 0 and up to `highest`."""
        if not 0.0 < getattr(self, name) <= highest:
            raise ValueError(
                f"{type(self).__name__}.{name} is {getattr(self, name)}; "
                f"allowed: above 0 up to {highest}."
            )


def fit_in_time(
    known: pl.DataFrame,
    spec: ClassifierSpec,
    *,
    key: str,
    need_each: Mapping[str, int],
    counts: Counts,
    facts: Mapping[str, float | int | str],
) -> BoostedClassifier:
    """Fit on labelled rows: trees grow on the earlier records, calibration uses the later ones.

    No record (`key`) is on both sides. Raises NotEnoughData when one of the sides has less than
    `need_each` of what `counts` counts.
    """
    rows = thin(known, rows=spec.max_training_rows, seed=spec.seed)
    fit, later = split_by_first_seen(rows, key=key, share=1.0 - spec.calibration_share)
    for side in (fit, later):
        require_enough(need_each, counts(side))
    return fit_classifier(
        fit,
        later,
        features=spec.features,
        target=spec.target,
        seed=spec.seed,
        settings=spec.boosting,
        facts=facts,
    )
