"""How wins pile up towards the end of fiscal quarters, as a weight for each day to come."""

from datetime import date

import numpy as np

from models_ml.forecasting.history import Amounts, History, day_number

WEEKS = 13
PAST_QUARTERS = 8
PRIOR_WINS_A_WEEK = 10.0


def learn_rhythm(history: History, *, known_before: date) -> tuple[float, ...]:
    """Wins in the last, last but one … week of past quarters ÷ an average week's.

    Position 0 is the week that ends with the quarter; a long quarter's first days count with its
    first week. Shrunk to 1; all 1 without a complete quarter.
    """
    quarters = [
        span
        for span in history.quarters
        if history.first_booking_day <= span[0] and span[1] <= known_before
    ][-PAST_QUARTERS:]
    wins = np.zeros(WEEKS)
    days = np.zeros(WEEKS)
    won_days = history.closed[(history.won_amount > 0) & (history.known < day_number(known_before))]
    for start, end in quarters:
        first, after = day_number(start), day_number(end)
        inside = won_days[(won_days >= first) & (won_days < after)]
        total = max(len(inside), 1)
        np.add.at(wins, week_position(after - 1 - inside), 1.0 / total)
        np.add.at(days, week_position(after - 1 - np.arange(first, after)), 1.0 / (after - first))
    if not quarters:
        return (1.0,) * WEEKS
    per_week = len(won_days) / max(len(quarters), 1) / WEEKS
    prior = PRIOR_WINS_A_WEEK / max(per_week, 1.0) / len(quarters)
    ratio = (wins / len(quarters) + prior / WEEKS) / (days / len(quarters) + prior / WEEKS)
    return tuple(float(value) for value in ratio)


def day_weights(rhythm: tuple[float, ...], history: History, *, origin: date, days: int) -> Amounts:
    """Weight of each of the `days` days after `origin`; 1 behind the end of the calendar."""
    weights = np.ones(days)
    table = np.array(rhythm)
    first = day_number(origin) + 1
    for start, end in history.quarters:
        low, high = max(day_number(start), first), min(day_number(end), first + days)
        if low < high:
            left = day_number(end) - 1 - np.arange(low, high)
            weights[low - first : high - first] = table[week_position(left)]
    return weights


def week_position(days_left: np.ndarray) -> np.ndarray:
    """Whole weeks to the end of the quarter, the first week's rest counted with the first week."""
    return np.minimum(days_left // 7, WEEKS - 1)
