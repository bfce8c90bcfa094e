"""What makes deals move, die and win: the hidden causes behind a deal's weeks.

Hazards are per week. They depend on `pull`: what a deal has going for it, of which momentum and fit
are hidden, and meetings, people met, pushes, source, size, rep and tenure can be seen or guessed.
"""

from dataclasses import dataclass

import numpy as np
from numpy import exp

from ingestion.sandbox.company.times import Bools, Floats, Ints, quarter_end_day

ADVANCE = np.array([[0.38, 0.33, 0.31, 0.27], [0.26, 0.22, 0.21, 0.19], [0.19, 0.16, 0.15, 0.13]])
LOSE = np.array(
    [[0.120, 0.104, 0.090, 0.070], [0.084, 0.072, 0.062, 0.049], [0.060, 0.051, 0.044, 0.035]]
)
GIVEN_UP, SUDDEN = 0.17, 0.22
TYPE_FIT = (-0.52, 0.06, 1.05)
SEASON = (1.12, 1.0, 1.02, 1.02, 1.0, 1.04, 0.92, 0.78, 1.04, 1.04, 1.0, 0.88)
LAST_STAGE = 3


@dataclass
class Standing:
    """How deals stand: one entry a deal in each array, changed week by week."""

    segment: Ints
    stage: Ints
    lean: Floats
    fit: Floats
    momentum: Floats
    met: Floats
    threads: Floats
    pushes: Floats
    stalled: Bools
    dead: Bools
    fast: Bools


@dataclass(frozen=True)
class Week:
    """A week's place in the year: how hard reps push to close, and how much they clear away."""

    monday: int
    to_quarter_end: int
    rush: float
    tidy: float
    season: float


@dataclass(frozen=True)
class Fate:
    """What becomes of open deals in a week; all false: they stay where they are."""

    won: Bools
    lost: Bools
    moved: Bools


def week_of(monday: int) -> Week:
    to_end = quarter_end_day(monday) - monday
    rush = 3.6 if to_end < 7 else 2.3 if to_end < 14 else 1.4 if to_end < 21 else 1.0
    rush = 0.72 if to_end > 75 else rush
    tidy = 1.5 if to_end > 77 else 1.15 if to_end < 14 else 1.0
    month = int(np.datetime64(monday, "D").astype("datetime64[M]").astype(int)) % 12
    return Week(monday, to_end, rush, tidy, SEASON[month])


def pull(
    deals: Standing, i: Ints, *, momentum: float = 0.5, meetings: float = 0.0, pushes: float = 0.0
) -> Floats:
    """What deals have going for them; the weights look ahead where a win rate is wanted."""
    return (
        deals.lean[i]
        + momentum * deals.momentum[i]
        + 0.16 * (deals.threads[i] - 1)
        + 0.20 * np.minimum(deals.met[i] + meetings, 4)
        - 0.36 * np.minimum(deals.pushes[i] + pushes, 4)
        - 0.30
    )


def drift(rng: np.random.Generator, deals: Standing, i: Ints) -> None:
    """A week's change of momentum, and stalls that come and go."""
    deals.momentum[i] = 0.82 * deals.momentum[i] + 0.09 * deals.fit[i] + rng.normal(0, 0.42, len(i))
    turn = rng.random(len(i))
    cold = deals.momentum[i] < -0.7
    deals.stalled[i] = np.where(deals.stalled[i], turn > 0.10, turn < 0.035 + 0.015 * cold)


def effort(deals: Standing, i: Ints, season: float) -> Floats:
    """Expected calls, mails and the like in a week."""
    return season * exp(
        0.12
        - 1.1 * deals.dead[i]
        + 0.42 * deals.momentum[i]
        + 0.16 * deals.stage[i]
        + 0.18 * deals.segment[i]
        - 1.7 * deals.stalled[i]
    )


def fate(rng: np.random.Generator, deals: Standing, i: Ints, age: Ints, week: Week) -> Fate:
    """Draws what happens. Most deals that fail only die at first, and are lost weeks later."""
    stage, segment = deals.stage[i], deals.segment[i]
    idle, dead = deals.stalled[i], deals.dead[i]
    z = pull(deals, i)
    final = stage == LAST_STAGE
    push = np.where(final, week.rush, 1.0 + 0.25 * (week.rush > 1.5))
    move = ADVANCE[segment, stage] * exp(0.36 * z) * np.where(idle, 0.12, 1.0) * week.season * push
    lose = LOSE[segment, stage] * exp(-0.52 * z) * np.where(idle, 0.60, 1.0)
    lose = lose * (1 + (age / 40.0) ** 2) * week.tidy
    quick = np.where(deals.fast[i] & ~final, 0.30 * exp(0.3 * z) * week.season, 0.0)
    give_up = GIVEN_UP * (2.2 if week.to_quarter_end > 77 else week.tidy)
    move, quick = np.where(dead, 0.0, move), np.where(dead, 0.0, quick)
    lose = np.where(dead, give_up, lose)
    total = move + lose + quick
    happens = rng.random(len(i)) < 1 - exp(-total)
    which = rng.random(len(i)) * total
    fails = happens & (which < lose)
    at_once = dead | (rng.random(len(i)) < SUDDEN)
    won = happens & ~fails & (final | (which < lose + quick))
    deals.dead[i] |= fails & ~at_once
    return Fate(won=won, lost=fails & at_once, moved=happens & ~fails & ~won)


def win_rate(deals: Standing, i: Ints) -> Floats:
    """The chance to win if hazards stayed as they are, with momentum, meetings and pushes as
    expected.

    The product over the stages to come of moving on before being lost; nothing for the dead.
    """
    z = pull(deals, i, momentum=0.2, meetings=0.8, pushes=0.4)
    rate = np.where(deals.dead[i], 0.0, 1.0)
    for stage in range(LAST_STAGE + 1):
        stalled = deals.stalled[i] & (stage == deals.stage[i])
        move = ADVANCE[deals.segment[i], stage] * exp(0.36 * z) * np.where(stalled, 0.45, 1.0)
        move = move * (1.1 if stage == LAST_STAGE else 0.9)
        lose = LOSE[deals.segment[i], stage] * exp(-0.52 * z)
        rate = rate * np.where(stage >= deals.stage[i], move / (move + lose), 1.0)
    return rate
