"""Platt scaling: turns a raw score into a probability that keeps its promise.

Chosen over isotonic regression because it is linear in log-odds: ranks stay free of ties, and
contributions that sum to the raw score still sum to the calibrated log-odds after scaling.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def sigmoid(log_odds: Floats) -> Floats:
    """1 / (1 + exp(-x)) without overflow."""
    result: Floats = 0.5 * (1.0 + np.tanh(0.5 * log_odds))
    return result


def logit(probability: Floats) -> Floats:
    """Inverse of sigmoid; clipped so that 0 and 1 stay finite."""
    clipped = np.clip(probability, 1e-9, 1.0 - 1e-9)
    result: Floats = np.log(clipped / (1.0 - clipped))
    return result


@dataclass(frozen=True)
class PlattScaling:
    """Calibrated log-odds = slope × raw score + intercept, slope never negative."""

    slope: float
    intercept: float

    def log_odds(self, raw: Floats) -> Floats:
        return self.slope * raw + self.intercept

    def probability(self, raw: Floats) -> Floats:
        return sigmoid(self.log_odds(raw))


def fit_platt(raw: Floats, outcome: Floats, *, prior_rows: float = 20.0) -> PlattScaling:
    """Fit on a later time slice than the model saw, by penalised Newton steps.

    `prior_rows` pulls slope towards 1, so a small slice cannot bend the scores far. A slope that
    would be negative (the score ranks backwards) becomes 0: then only the base rate is left.
    """
    design = np.column_stack([raw, np.ones_like(raw)])
    penalty = np.array([prior_rows * 0.25, 1e-6])
    centre = np.array([1.0, 0.0])
    weights = centre.copy()
    for _ in range(50):
        probability = sigmoid(design @ weights)
        gradient = design.T @ (probability - outcome) + penalty * (weights - centre)
        spread = probability * (1.0 - probability)
        hessian = (design * spread[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        weights = weights - np.clip(step, -2.0, 2.0)
        if float(np.abs(step).max()) < 1e-10:
            break
    if weights[0] <= 0.0:
        rate = (outcome.sum() + 0.5) / (len(outcome) + 1.0)
        return PlattScaling(slope=0.0, intercept=float(logit(np.array([rate]))[0]))
    return PlattScaling(slope=float(weights[0]), intercept=float(weights[1]))
