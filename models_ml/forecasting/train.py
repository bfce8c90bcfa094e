"""Learn what a forecast needs from the past: win model, timing, and the width of intervals."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

import polars as pl

from models_ml.common.classifier import BoostedClassifier
from models_ml.common.data_gate import require_enough
from models_ml.common.intervals import Spread
from models_ml.forecasting.history import History
from models_ml.forecasting.project import Learnt
from models_ml.forecasting.rhythm import learn_rhythm
from models_ml.forecasting.spec import SPEC, ForecastingSpec
from models_ml.forecasting.timing import Timing, learn_timing, won_rows
from models_ml.win_probability.spec import WinProbabilitySpec
from models_ml.win_probability.train import decided_rows, maturity
from models_ml.win_probability.train import train as train_win_probability

FORMAT = "revlake-forecast/1"


@dataclass(frozen=True)
class ForecastModel:
    """Everything learnt, as numbers; creation and bookings come from the history at predict."""

    learnt: Learnt
    spread: Spread
    facts: Mapping[str, float | int | str]

    def to_bytes(self) -> bytes:
        """JSON, byte-equal for equal models."""
        document = {
            "format": FORMAT,
            "win": json.loads(self.learnt.win.to_bytes()),
            "timing": asdict(self.learnt.timing),
            "spread": asdict(self.spread),
            "facts": dict(self.facts),
        }
        return json.dumps(document, sort_keys=True).encode("utf-8")

    @classmethod
    def from_bytes(cls, data: bytes) -> "ForecastModel":
        """The inverse of to_bytes. Raises ValueError for any other format."""
        document = json.loads(data)
        if document.get("format") != FORMAT:
            raise ValueError(f"Model format {document.get('format')!r}; readable: {FORMAT}.")
        timing = document["timing"]
        return cls(
            learnt=Learnt(
                win=BoostedClassifier.from_bytes(json.dumps(document["win"]).encode("utf-8")),
                timing=Timing(
                    samples={cell: tuple(v) for cell, v in timing["samples"].items()},
                    amount_ratio=timing["amount_ratio"],
                    rhythm=tuple(timing["rhythm"]),
                ),
            ),
            spread=Spread(**document["spread"]),
            facts=document["facts"],
        )


Model = ForecastModel


def train(
    history: History,
    spec: ForecastingSpec = SPEC,
    *,
    win_model: BoostedClassifier | None = None,
    backtest: pl.DataFrame | None = None,
) -> Model:
    """Learn from everything known.

    `win_model`: the champion of win_probability, so that deals and forecast tell one story; by
    default one is trained. `backtest`: the frame of evaluate.backtest, whose misses set the width
    of the intervals; by default it is run. Raises NotEnoughData.
    """
    from models_ml.forecasting.evaluate import backtest as run_backtest
    from models_ml.forecasting.evaluate import spread_of

    require_history(history, spec)
    replayed = run_backtest(history, spec) if backtest is None else backtest
    learnt = learn(history, spec.win, samples=spec.timing_samples, win_model=win_model)
    return ForecastModel(
        learnt=learnt,
        spread=spread_of(replayed, spec),
        facts={
            "model": "forecasting",
            "trained_until": str(history.last_day),
            "backtest_origins": replayed["origin_date"].n_unique(),
            "coverage": spec.interval,
        },
    )


def learn(
    history: History,
    win: WinProbabilitySpec,
    *,
    samples: int,
    until: date | None = None,
    win_model: BoostedClassifier | None = None,
) -> Learnt:
    """Win model and timing from what was known before `until` (default: everything)."""
    model = win_model or train_win_probability(history.pipeline, win, until=until)
    decided = decided_rows(history.pipeline, win, until=until)
    won = won_rows(
        history.pipeline,
        known_before=until or history.last_day,
        mature_after=maturity(decided, win),
    )
    rhythm = learn_rhythm(history, known_before=until or history.last_day)
    timing = learn_timing(won, history.outcomes, rhythm=rhythm, samples=samples)
    return Learnt(win=model, timing=timing)


def require_history(history: History, spec: ForecastingSpec) -> None:
    """Raise NotEnoughData below the spec's full quarters and won opportunities."""
    won = history.outcomes.filter(pl.col("is_won").fill_null(value=False))
    first = won["close_date"].min()
    quarters = [
        start
        for start, end in history.quarters
        if isinstance(first, date) and start >= first and end <= history.last_day
    ]
    require_enough(
        {
            "full quarters of bookings": spec.need_full_quarters,
            "won opportunities": spec.need_won_opportunities,
        },
        {"full quarters of bookings": len(quarters), "won opportunities": won.height},
    )
