"""Contributions as text for people and as JSON for machines."""

import json

import numpy as np
import polars as pl

from models_ml.common.calibration import Floats
from models_ml.common.feature import Feature

BIAS = "(base)"
RAISES = "▲"
LOWERS = "▼"


def contributions_json(features: tuple[Feature, ...], contributions: Floats) -> list[str]:
    """One JSON object per row, feature → log-odds; with "(base)" they sum to the log-odds of p."""
    names = [*(feature.name for feature in features), BIAS]
    return [
        json.dumps(dict(zip(names, row, strict=True)), separators=(",", ":"))
        for row in contributions.tolist()
    ]


def top_reasons(
    frame: pl.DataFrame,
    features: tuple[Feature, ...],
    contributions: Floats,
    *,
    count: int = 4,
    smallest: float = 0.02,
) -> list[str]:
    """The largest contributions of each row in words, e.g. "▲ Stage: Proposal; ▼ Pushes: 3".

    Contributions below `smallest` log-odds are left out: they move p by half a point at most.
    """
    values = {feature.name: frame[feature.name].to_list() for feature in features}
    per_feature = contributions[:, :-1]
    order = np.argsort(-np.abs(per_feature), axis=1, kind="stable")[:, :count]
    texts = []
    for row, positions in enumerate(order):
        reasons = [
            _reason(features[i], values[features[i].name][row], float(per_feature[row, i]))
            for i in positions
            if abs(per_feature[row, i]) >= smallest
        ]
        texts.append("; ".join(reasons))
    return texts


def _reason(feature: Feature, value: object, contribution: float) -> str:
    arrow = RAISES if contribution > 0 else LOWERS
    return f"{arrow} {feature.label}: {_words(value)}"


def _words(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)
