"""A deal's life, week by week, drawn whole when the deal is created.

Momentum sets how much is done, and with the other causes (see `hazards`) when a deal moves on and
how it ends. Reps' probabilities and close dates are too hopeful, and a deal that is dead (it cannot
be won any more) stays open for weeks, with little done, until its rep gives it up.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy import exp

from ingestion.sandbox.company import hazards
from ingestion.sandbox.company.geography import ZONES
from ingestion.sandbox.company.hazards import Standing, Week
from ingestion.sandbox.company.tables import NOTHING, Log
from ingestion.sandbox.company.times import (
    DAY,
    HOUR,
    Bools,
    Floats,
    Ints,
    to_utc,
    working_second,
)
from ingestion.sandbox.company.world import NEVER

STAGES = ("Qualification", "Discovery", "Proposal", "Negotiation", "Closed Won", "Closed Lost")
STAGE_PROBABILITY = (0.10, 0.25, 0.50, 0.75, 1.0, 0.0)
CATEGORIES = ("Pipeline", "Best Case", "Commit", "Closed", "Omitted")
STAGE_CATEGORY = (0, 0, 1, 2, 3, 4)
WON, LOST = 4, 5
TYPES = ("New Business", "Expansion", "Renewal")
LOSS_REASONS = (
    "Price", "Competitor", "No decision", "Lost budget", "Missing feature", "Timing",
    "No response",
)  # fmt: skip
COMPETITORS = ("Fathomic", "Revonance", "PipeForge", "Kursiv CRM", "Salto Insight", "Orbitell")
NEXT_STEPS = (
    "Send proposal", "Demo with finance", "Security review", "Call with CFO", "Wait for budget",
    "Legal review", "Reference call", "Workshop on site", "Contract signature", "Re-engage",
    "見積書の送付", "Vertragsentwurf prüfen",
)  # fmt: skip
LONGEST_WEEKS = 84
TYPICAL_CYCLE_DAYS = (48.0, 80.0, 122.0)
DELETED_SHARE, REOPENED_SHARE = 0.016, 0.022
ON_THAT_DAY = -2


@dataclass
class Prospect:
    """What is known or hidden about deals when they are created; arrays of one length."""

    number: Ints
    created_at: Ints
    region: Ints
    segment: Ints
    kind: Ints
    owner: Ints
    owner_n: Ints
    lean: Floats
    optimism: Floats
    amount: Floats
    contacts: Ints
    competitor: Ints


@dataclass
class Life:
    """How deals ended, and what was done in which week."""

    closed_at: Ints
    deleted_at: Ints
    won: Bools
    amount: Floats
    worked: list[dict[str, np.ndarray]] = field(default_factory=list)


@dataclass
class _Plan:
    """What reps enter about their deals, as far as it changes from week to week."""

    amount: Floats
    probability: Floats
    close_date: Ints


def live(rng: np.random.Generator, deals: Prospect, log: Log, hidden: Log) -> Life:
    """Draws the deals' lives: all versions into `log`, true win rates by week into `hidden`."""
    size = len(deals.number)
    now = _standing(rng, deals)
    plan = _Plan(
        amount=deals.amount.copy(),
        probability=_hoped(rng, deals.optimism, now.stage),
        close_date=_first_close_date(rng, deals),
    )
    deleted_at = deals.created_at + rng.integers(2 * HOUR, 90 * DAY, size)
    life = Life(
        closed_at=np.full(size, NEVER),
        deleted_at=np.where(rng.random(size) < DELETED_SHARE, deleted_at, NEVER),
        won=np.zeros(size, dtype=bool),
        amount=plan.amount,
    )
    reopens = rng.random(size) < REOPENED_SHARE
    reopen_week = np.full(size, NEVER)
    entered = (deals.created_at // DAY - 4) // 7
    _write_creation(rng, log, deals, plan)
    _hide(hidden, deals, now, np.arange(size), deals.created_at)
    for number in range(int(entered.min()), int(entered.max()) + LONGEST_WEEKS + 1):
        week = hazards.week_of(4 + 7 * number)
        back = np.flatnonzero(reopen_week == number)
        if len(back):
            _reopen(rng, deals, log, back, week.monday, now, plan)
            life.closed_at[back] = NEVER
        opens = week.monday * DAY
        i = np.flatnonzero(
            (life.closed_at == NEVER) & (entered <= number) & (life.deleted_at > opens)
        )
        if len(i) == 0:
            continue
        _work(rng, deals, now, i, week, life)
        fate = hazards.fate(rng, now, i, number - entered[i], week)
        at = _instant(rng, deals, i, week, fate.won)
        alive = at < life.deleted_at[i]
        won = fate.won & alive
        lost = (fate.lost | (number - entered[i] >= LONGEST_WEEKS - 1)) & ~fate.won & alive
        stage = _next_stage(rng, now.stage[i], won, lost, fate.moved & alive & ~lost)
        touched = _replan(rng, deals, now, plan, i, stage, week)
        now.stage[i] = stage
        _write(rng, log, deals, plan, i, touched & alive, at, stage)
        life.closed_at[i] = np.where(won | lost, at, NEVER)
        life.won[i] = won
        again = i[lost & reopens[i]]
        reopen_week[again] = number + rng.integers(4, 18, len(again))
        reopens[again] = False
        going = i[~won & ~lost & alive]
        _hide(hidden, deals, now, going, np.full(len(going), opens + 7 * DAY))
    return life


def _standing(rng: np.random.Generator, deals: Prospect) -> Standing:
    size = len(deals.number)
    fit = rng.normal(0, 1, size)
    known = deals.lean - 0.38 * (deals.competitor >= 0) + np.array(hazards.TYPE_FIT)[deals.kind]
    return Standing(
        segment=deals.segment,
        stage=np.zeros(size, dtype=np.int64),
        lean=known + 0.40 * fit,
        fit=fit,
        momentum=0.5 * fit + rng.normal(0, 0.6, size),
        met=np.zeros(size),
        threads=np.ones(size),
        pushes=np.zeros(size),
        stalled=np.zeros(size, dtype=bool),
        dead=np.zeros(size, dtype=bool),
        fast=rng.random(size) < np.where(deals.kind > 0, 0.16, 0.09) * (deals.segment < 2),
    )


def _work(
    rng: np.random.Generator, deals: Prospect, now: Standing, i: Ints, week: Week, life: Life
) -> None:
    """What is done in the week, and whom the rep meets."""
    hazards.drift(rng, now, i)
    effort = hazards.effort(now, i, week.season)
    touches = rng.poisson(effort * rng.gamma(3.0, 1 / 3.0, len(i)))
    meetings = rng.poisson(np.minimum(effort, 6.0) * 0.20)
    now.met[i] += meetings
    someone_new = rng.random(len(i)) < 0.22 * np.minimum(meetings, 2)
    now.threads[i] = np.minimum(deals.contacts[i], now.threads[i] + someone_new)
    life.worked.append(
        {
            "deal": i, "monday": np.full(len(i), week.monday), "touches": touches,
            "meetings": meetings, "threads": now.threads[i].astype(np.int64),
            "warmth": now.momentum[i].copy(),
        }
    )  # fmt: skip


def _next_stage(
    rng: np.random.Generator, stage: Ints, won: Bools, lost: Bools, moved: Bools
) -> Ints:
    """One stage on, now and then two, seldom one back."""
    luck = rng.random(len(stage))
    skips = moved & (luck < 0.07) & (stage < 2)
    falls_back = ~moved & (stage > 0) & (luck < 0.006)
    return np.where(won, WON, np.where(lost, LOST, stage + moved + skips - falls_back))


def _replan(
    rng: np.random.Generator,
    deals: Prospect,
    now: Standing,
    plan: _Plan,
    i: Ints,
    stage: Ints,
    week: Week,
) -> Bools:
    """New close dates, amounts and probabilities; true where a rep would save anything.

    A close date that passes is pushed, though not always at once.
    """
    count, monday = len(i), week.monday
    ended, changed = stage >= WON, stage != now.stage[i]
    close_date = plan.close_date[i]
    luck = rng.random(count)
    overdue = ~ended & (close_date <= monday + 5) & (luck < 0.72)
    foreseen = ~ended & (close_date <= monday + 19) & (stage < 2) & (luck < 0.30)
    pushed = overdue | foreseen
    planned = ~ended & ~pushed & changed & (stage == hazards.LAST_STAGE) & (luck < 0.6)
    delay = 7 + rng.gamma(2.2, 13.0, count).astype(np.int64)
    late = _snap(rng, np.maximum(close_date, monday + 4) + delay)
    near = _snap(rng, monday + 10 + rng.integers(0, 28, count))
    now.pushes[i] += pushed & (late > close_date)
    plan.close_date[i] = np.where(pushed, late, np.where(planned, near, close_date))

    repriced = ~ended & (rng.random(count) < 0.022 + 0.14 * (changed & (stage >= 2)))
    factor = np.where(repriced, exp(rng.normal(-0.05, 0.17, count)), 1.0)
    price = _round_like(plan.amount[i] * factor, deals.amount[i])
    plan.amount[i] = np.where(repriced, price, plan.amount[i])

    rethought = ~ended & (changed | (rng.random(count) < 0.03))
    mood = deals.optimism[i] + 0.04 * np.clip(now.momentum[i], -2, 2)
    hoped = _hoped(rng, mood, np.minimum(stage, hazards.LAST_STAGE))
    plan.probability[i] = np.where(
        ended, stage == WON, np.where(rethought, hoped, plan.probability[i])
    )
    noted = ~ended & (rng.random(count) < 0.10 + 0.25 * changed)
    return changed | pushed | planned | repriced | rethought | noted


def _hoped(rng: np.random.Generator, optimism: Floats, stage: Ints) -> Floats:
    """The rep's probability in steps of 5 %: the stage's default and what hope adds."""
    default = np.array(STAGE_PROBABILITY)[stage]
    hope = np.maximum(default * 0.8, default + optimism + rng.normal(0, 0.05, len(stage)))
    return np.clip(np.round(hope * 20) / 20, 0.05, 0.95)


def _first_close_date(rng: np.random.Generator, deals: Prospect) -> Ints:
    typical = np.array(TYPICAL_CYCLE_DAYS)[deals.segment]
    days = 9 + typical * rng.lognormal(-0.28, 0.42, len(typical)) * np.where(
        deals.kind == 1, 0.8, 1.0
    )
    return _snap(rng, deals.created_at // DAY + days.astype(np.int64))


def _snap(rng: np.random.Generator, day: Ints) -> Ints:
    """Half of the dates become the end of their month, a few the end of their quarter."""
    if len(day) == 0:
        return day
    luck = rng.random(len(day))
    month = day.astype("datetime64[D]").astype("datetime64[M]")
    ends = (month + 1).astype("datetime64[D]").astype(np.int64) - 1
    into = (month.astype(np.int64) - 1) % 3
    quarter = (month + (3 - into)).astype("datetime64[D]").astype(np.int64) - 1
    return np.where(luck < 0.45, ends, np.where(luck < 0.58, quarter, day))


def _instant(rng: np.random.Generator, deals: Prospect, i: Ints, week: Week, is_won: Bools) -> Ints:
    """When in the week it happens: mostly on workdays, and before the quarter's end if won."""
    count, monday, to_end = len(i), week.monday, week.to_quarter_end
    weekday = rng.choice(7, count, p=(0.19, 0.20, 0.20, 0.20, 0.185, 0.015, 0.01))
    if to_end < 6:
        weekday = np.where(is_won & (weekday > to_end), rng.integers(0, to_end + 1, count), weekday)
    at = to_utc(monday + weekday, working_second(rng, count), ZONES, deals.region[i])
    created = deals.created_at[i]
    sunday = (monday + 7) * DAY
    early = at <= created + HOUR
    room = np.maximum(sunday - created, 3 * HOUR)
    return np.where(
        early, created + HOUR + (rng.random(count) * (room - HOUR)).astype(np.int64), at
    )


def _round_like(amount: Floats, first: Floats) -> Floats:
    """Amounts are round in proportion to their size."""
    unit = 10.0 ** np.maximum(0, np.floor(np.log10(np.maximum(first, 1.0))) - 2)
    return np.maximum(np.round(amount / unit), 1.0) * unit


def _category(rng: np.random.Generator, stage: Ints, ended: Bools) -> Ints:
    luck = rng.random(len(stage))
    usual = np.array(STAGE_CATEGORY)[stage]
    changed = np.where(
        luck < 0.08,
        np.clip(usual + 1, 0, 2),
        np.where(luck < 0.16, np.clip(usual - 1, 0, 2), usual),
    )
    changed = np.where((luck > 0.985) & (stage < 2), 4, changed)
    return np.where(ended, usual, changed)


def _write_creation(rng: np.random.Generator, log: Log, deals: Prospect, plan: _Plan) -> None:
    size = len(deals.number)
    log.add(
        {
            "opportunity_n": deals.number, "version_at": deals.created_at,
            "owner_n": deals.owner_n, "stage": np.zeros(size, dtype=np.int64),
            "amount": plan.amount.copy(), "probability": plan.probability.copy(),
            "forecast_category": 0, "close_date": plan.close_date.copy(),
            "is_closed": False, "is_won": False, "is_deleted": False, "loss_reason": NOTHING,
            "competitor": NOTHING, "next_step": rng.integers(0, len(NEXT_STEPS), size),
        }
    )  # fmt: skip


def _write(
    rng: np.random.Generator,
    log: Log,
    deals: Prospect,
    plan: _Plan,
    i: Ints,
    touched: Bools,
    at: Ints,
    stage: Ints,
) -> None:
    """A version of each deal that was touched; closings carry date, reason, competitor."""
    count, ended = len(i), stage >= WON
    category = _category(rng, stage, ended)
    next_step = rng.integers(0, len(NEXT_STEPS), count)
    threat, luck = deals.competitor[i], rng.random(count)
    reason = rng.choice(len(LOSS_REASONS), count, p=(0.24, 0.06, 0.24, 0.14, 0.12, 0.10, 0.10))
    reason = np.where((threat >= 0) & (luck < 0.6), 1, reason)
    reason = np.where((stage == LOST) & (luck < 0.9), reason, NOTHING)
    named = (rng.random(count) < 0.8) & ((stage >= 2) | ended)
    for closing in (False, True):
        for knows in (False, True):
            some = touched & (ended == closing) & (named == knows)
            if not some.any():
                continue
            patch = {
                "opportunity_n": deals.number[i][some], "version_at": at[some],
                "stage": stage[some], "amount": plan.amount[i][some],
                "probability": plan.probability[i][some], "forecast_category": category[some],
                "close_date": plan.close_date[i][some], "is_closed": closing,
                "is_won": stage[some] == WON,
            }  # fmt: skip
            if closing:
                patch |= {"close_date": ON_THAT_DAY, "loss_reason": reason[some]}
            else:
                patch |= {"next_step": next_step[some]}
            log.add(patch | ({"competitor": threat[some]} if knows else {}))


def _reopen(
    rng: np.random.Generator,
    deals: Prospect,
    log: Log,
    back: Ints,
    monday: int,
    now: Standing,
    plan: _Plan,
) -> None:
    """Lost deals come back to Discovery with new momentum."""
    now.stage[back] = 1
    now.dead[back] = False
    now.momentum[back] = rng.normal(0.9, 0.5, len(back))
    now.lean[back] += 0.3
    plan.close_date[back] = _snap(rng, monday + 20 + rng.integers(0, 50, len(back)))
    plan.probability[back] = _hoped(rng, deals.optimism[back], now.stage[back])
    log.add(
        {
            "opportunity_n": deals.number[back],
            "version_at": (monday - 4) * DAY + rng.integers(9 * HOUR, 20 * HOUR, len(back)),
            "stage": now.stage[back], "probability": plan.probability[back],
            "forecast_category": 0, "close_date": plan.close_date[back], "is_closed": False,
            "is_won": False, "loss_reason": NOTHING, "next_step": 9,
        }
    )  # fmt: skip


def _hide(hidden: Log, deals: Prospect, now: Standing, i: Ints, at: Ints) -> None:
    hidden.add({"opportunity_n": deals.number[i], "at": at, "win_rate": hazards.win_rate(now, i)})
