"""What the revenue forecast covers and how its backtest walks through the past."""

from dataclasses import dataclass

from models_ml.win_probability.spec import SPEC as WIN_PROBABILITY
from models_ml.win_probability.spec import WinProbabilitySpec

LEVELS = ("company", "region")
ALL_REGIONS = "All"
PERIOD_TYPES = ("month", "quarter")


@dataclass(frozen=True)
class ForecastingSpec:
    """Bookings of a month or fiscal quarter, for each region and the company.

    Forecast = booked to date + Σ open amount × win probability × timing + deals not created yet.
    `months_ahead` and `quarters_ahead` count periods after the current one. `interval` is the
    nominal coverage. `backtest_quarters`: how many quarters of weekly origins are replayed; the
    win model is refitted once for each.
    """

    months_ahead: int = 6
    quarters_ahead: int = 4
    interval: float = 0.8
    seed: int = 7
    backtest_quarters: int = 9
    backtest_training_rows: int = 25_000
    need_full_quarters: int = 5
    need_won_opportunities: int = 100
    timing_samples: int = 200
    creation_window_weeks: int = 52
    longest_cycle_weeks: int = 104
    win: WinProbabilitySpec = WIN_PROBABILITY
    gate_metrics: tuple[str, ...] = ("wape_quarter_current",)

    def __post_init__(self) -> None:
        if not 0.5 <= self.interval < 1.0:
            raise ValueError(
                f"ForecastingSpec.interval is {self.interval}; allowed: 0.5 up to below 1."
            )
        for name, least in (("months_ahead", 0), ("quarters_ahead", 0), ("backtest_quarters", 3)):
            if getattr(self, name) < least:
                raise ValueError(
                    f"ForecastingSpec.{name} is {getattr(self, name)}; allowed: {least} or more."
                )
        if self.months_ahead > 3 * self.quarters_ahead:
            raise ValueError(
                f"ForecastingSpec.months_ahead is {self.months_ahead}; allowed: up to three a "
                f"quarter ahead, {3 * self.quarters_ahead}."
            )


SPEC = ForecastingSpec()
