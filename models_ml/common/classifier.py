"""A calibrated gradient-boosted classifier that explains itself and travels as plain JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

import lightgbm
import numpy as np
import numpy.typing as npt
import polars as pl

from models_ml.common.calibration import Floats, PlattScaling, fit_platt
from models_ml.common.feature import Feature, require_columns

FORMAT = "revlake-boosted-classifier/1"
MAX_CATEGORIES = 40


@dataclass(frozen=True)
class BoostingSettings:
    """Size of the ensemble; small on purpose, a later slice of time chooses how much of it is kept.

    One thread: at this size a second one saves a fifth of the time on an idle machine and costs
    several times as much on a busy one, where threads wait for each other.
    """

    max_trees: int = 200
    learning_rate: float = 0.06
    leaves: int = 15
    min_rows_in_leaf: int = 80
    tree_step: int = 10
    threads: int = 1


DEFAULT_BOOSTING = BoostingSettings()


@dataclass(frozen=True)
class BoostedClassifier:
    """LightGBM trees as text, category codes of training, and a Platt scaling.

    The text format holds numbers only, so `from_bytes` never executes foreign code.
    """

    features: tuple[Feature, ...]
    categories: Mapping[str, tuple[str, ...]]
    booster_text: str
    calibration: PlattScaling
    facts: Mapping[str, float | int | str]

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        return lightgbm.Booster(model_str=self.booster_text)

    def raw_score(self, frame: pl.DataFrame) -> Floats:
        """Uncalibrated log-odds of the trees, one per row."""
        matrix = feature_matrix(frame, self.features, self.categories)
        return np.asarray(self._booster.predict(matrix, raw_score=True), dtype=np.float64)

    def probability(self, frame: pl.DataFrame) -> Floats:
        """Calibrated probability, one per row."""
        return self.calibration.probability(self.raw_score(frame))

    def raw_contributions(self, frame: pl.DataFrame) -> Floats:
        """TreeSHAP: rows × (features + 1), last column the bias; a row sums to its raw score."""
        matrix = feature_matrix(frame, self.features, self.categories)
        return np.asarray(self._booster.predict(matrix, pred_contrib=True), dtype=np.float64)

    def contributions(self, frame: pl.DataFrame) -> Floats:
        """As raw_contributions, scaled so that a row sums to the calibrated log-odds."""
        scaled = self.raw_contributions(frame) * self.calibration.slope
        scaled[:, -1] += self.calibration.intercept
        return scaled

    def to_bytes(self) -> bytes:
        """JSON, byte-equal for equal models."""
        document = {
            "format": FORMAT,
            "features": [asdict(feature) for feature in self.features],
            "categories": {name: list(values) for name, values in self.categories.items()},
            "booster": self.booster_text,
            "calibration": asdict(self.calibration),
            "facts": dict(self.facts),
        }
        return json.dumps(document, sort_keys=True).encode("utf-8")

    @classmethod
    def from_bytes(cls, data: bytes) -> "BoostedClassifier":
        """The inverse of to_bytes. Raises ValueError for any other format."""
        document = json.loads(data)
        if document.get("format") != FORMAT:
            raise ValueError(f"Model format {document.get('format')!r}; readable: {FORMAT}.")
        return cls(
            features=tuple(Feature(**feature) for feature in document["features"]),
            categories={name: tuple(v) for name, v in document["categories"].items()},
            booster_text=document["booster"],
            calibration=PlattScaling(**document["calibration"]),
            facts=document["facts"],
        )


def feature_matrix(
    frame: pl.DataFrame, features: tuple[Feature, ...], categories: Mapping[str, tuple[str, ...]]
) -> Floats:
    """Rows × features as doubles; null and unseen categories become nan, which trees route."""
    require_columns(frame, [feature.name for feature in features], what="The feature frame")
    columns = []
    for feature in features:
        if feature.kind == "category":
            known = categories[feature.name]
            codes = {value: float(code) for code, value in enumerate(known)}
            column = pl.col(feature.name).replace_strict(
                codes, default=None, return_dtype=pl.Float64
            )
        else:
            column = pl.col(feature.name).cast(pl.Float64)
        columns.append(column)
    return frame.select(columns).to_numpy().astype(np.float64)


def frequent_categories(
    frame: pl.DataFrame, features: tuple[Feature, ...], *, min_rows: int = 20
) -> dict[str, tuple[str, ...]]:
    """The values a model may tell apart: the most frequent ones, in stable order."""
    found = {}
    for feature in features:
        if feature.kind != "category":
            continue
        counts = (
            frame.select(pl.col(feature.name).cast(pl.String).alias("value"))
            .drop_nulls()
            .group_by("value")
            .len()
            .filter(pl.col("len") >= min_rows)
            .sort(["len", "value"], descending=[True, False])
            .head(MAX_CATEGORIES)
        )
        found[feature.name] = tuple(counts["value"].to_list())
    return found


def fit_classifier(
    fit: pl.DataFrame,
    later: pl.DataFrame,
    *,
    features: tuple[Feature, ...],
    target: str,
    seed: int,
    settings: BoostingSettings,
    facts: Mapping[str, float | int | str],
) -> BoostedClassifier:
    """Grow trees on `fit`; choose their number and calibrate on `later`, a later slice of time.

    The number is the one with the best log-loss after calibration. Before calibration, a base rate
    that drifted between the slices would look like overfitting and stop the growth at once.
    """
    require_columns(fit, [target], what="The training frame")
    categories = frequent_categories(fit, features)
    codes = [feature.name for feature in features if feature.kind == "category"]
    fit_outcome = _outcome(fit, target)
    training = lightgbm.Dataset(
        feature_matrix(fit, features, categories),
        label=fit_outcome,
        feature_name=[feature.name for feature in features],
        categorical_feature=codes,
        params={"verbosity": -1, "max_bin": 63},
    )
    booster = lightgbm.train(
        _parameters(settings, seed), training, num_boost_round=settings.max_trees
    )
    trees, calibration = _best_stage(
        booster,
        feature_matrix(later, features, categories),
        _outcome(later, target),
        step=settings.tree_step,
    )
    counted = {
        **facts,
        "trees": trees,
        "fit_rows": fit.height,
        "calibration_rows": later.height,
        "fit_base_rate": float(fit_outcome.mean()),
    }
    text = booster.model_to_string(num_iteration=trees)
    return BoostedClassifier(features, categories, text, calibration, counted)


def _best_stage(
    booster: lightgbm.Booster, matrix: Floats, outcome: Floats, *, step: int
) -> tuple[int, PlattScaling]:
    """Number of trees and calibration with the smallest calibrated log-loss."""
    raw = np.zeros(len(outcome))
    best = (np.inf, 0, PlattScaling(slope=0.0, intercept=0.0))
    for start in range(0, booster.num_trees(), step):
        raw += booster.predict(matrix, raw_score=True, start_iteration=start, num_iteration=step)
        calibration = fit_platt(raw, outcome)
        chance = np.clip(calibration.probability(raw), 1e-9, 1.0 - 1e-9)
        loss = -float(np.mean(np.where(outcome > 0.5, np.log(chance), np.log(1.0 - chance))))
        if loss < best[0]:
            best = (loss, min(start + step, booster.num_trees()), calibration)
    return best[1], best[2]


def importance(model: BoostedClassifier, frame: pl.DataFrame) -> pl.DataFrame:
    """Mean absolute contribution of each feature over `frame`, largest first."""
    size = np.abs(model.contributions(frame)[:, :-1]).mean(axis=0)
    names = [feature.name for feature in model.features]
    return pl.DataFrame({"feature": names, "mean_absolute_contribution": size}).sort(
        "mean_absolute_contribution", descending=True
    )


def _outcome(frame: pl.DataFrame, target: str) -> npt.NDArray[np.float64]:
    return frame[target].cast(pl.Float64).to_numpy()


def _parameters(settings: BoostingSettings, seed: int) -> dict[str, object]:
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": settings.min_rows_in_leaf,
        "feature_fraction": 0.8,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 5.0,
        "cat_smooth": 20.0,
        "min_data_per_group": 50,
        "max_bin": 63,
        "num_threads": settings.threads,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }
