"""The frames a forecast reads, and what of them was known on a day."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from models_ml.common.feature import require_columns

Days = npt.NDArray[np.int64]
Amounts = npt.NDArray[np.float64]

FAR_FUTURE = 10**6
EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Days since 1970-01-01: dates as integers, so that periods are array slices."""
    return (day - EPOCH).days


@dataclass(frozen=True)
class Month:
    """A calendar month and the fiscal quarter it belongs to; `end` is the day after the last."""

    start: date
    end: date
    quarter_start: date


@dataclass(frozen=True)
class History:
    """`pipeline`: ftr_win_probability__opportunity_week, open opportunities week by week.

    `outcomes`: ftr_forecasting__opportunity_outcome, one row an opportunity with created_date,
    close_date (once closed), outcome_date (when that was known), is_won, won_amount, region_name.
    `calendar`: ftr_forecasting__period with period_type, period_start_date, period_end_date.
    """

    pipeline: pl.DataFrame
    outcomes: pl.DataFrame
    calendar: pl.DataFrame

    def __post_init__(self) -> None:
        pipeline = ["opportunity_key", "as_of_date", "is_current", "amount"]
        outcomes = ["opportunity_key", "region_name", "created_date", "close_date"]
        require_columns(self.pipeline, pipeline, what="History.pipeline")
        require_columns(
            self.outcomes,
            [*outcomes, "outcome_date", "is_won", "won_amount"],
            what="History.outcomes",
        )
        require_columns(
            self.calendar,
            ["period_type", "period_start_date", "period_end_date"],
            what="History.calendar",
        )

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """All regions in alphabetical order; their positions index every array."""
        return tuple(sorted(self.outcomes["region_name"].unique().to_list()))

    @cached_property
    def region_index(self) -> npt.NDArray[np.int64]:
        """Position of each outcome's region."""
        return region_positions(self.outcomes["region_name"], self.regions)

    @cached_property
    def created(self) -> Days:
        """Creation day of each outcome row."""
        return _days(self.outcomes["created_date"])

    @cached_property
    def closed(self) -> Days:
        """Close day of each outcome row, far future while open."""
        return _days(self.outcomes["close_date"])

    @cached_property
    def known(self) -> Days:
        """Day on which each outcome became known, far future while open."""
        return _days(self.outcomes["outcome_date"])

    @cached_property
    def won_amount(self) -> Amounts:
        """Booked amount of each outcome row; 0 unless won."""
        won = pl.when(pl.col("is_won").fill_null(value=False)).then(
            pl.col("won_amount").cast(pl.Float64)
        )
        amounts = self.outcomes.select(won.fill_null(0.0).alias("amount"))["amount"]
        return amounts.to_numpy().astype(np.float64)

    @cached_property
    def months(self) -> tuple[Month, ...]:
        """All months of the calendar in order, each with its fiscal quarter."""
        quarters = self.quarters
        rows = self._periods("month")
        found = []
        for start, end in rows:
            owner = [q for q in quarters if q[0] <= start < q[1]]
            if owner:
                found.append(Month(start=start, end=end, quarter_start=owner[0][0]))
        return tuple(found)

    @cached_property
    def quarters(self) -> tuple[tuple[date, date], ...]:
        """(first day, day after the last day) of each fiscal quarter, in order."""
        return self._periods("quarter")

    @cached_property
    def last_day(self) -> date:
        """The day up to which everything is known: the newest as_of_date of the pipeline."""
        newest = self.pipeline["as_of_date"].max()
        if not isinstance(newest, date):
            raise ValueError("History.pipeline is empty; there is no day to forecast from.")
        return newest

    @cached_property
    def first_booking_day(self) -> date:
        """The first close date, a week earlier: a period that begins before is not complete."""
        first = self.outcomes["close_date"].min()
        return first - timedelta(days=7) if isinstance(first, date) else self.last_day

    @cached_property
    def snapshots(self) -> dict[date, pl.DataFrame]:
        """Open opportunities by as_of_date, with the region that their outcome counts for."""
        regions = self.outcomes.select("opportunity_key", "region_name")
        parts = (
            self.pipeline.select(pl.exclude("region_name"))
            .join(regions, on="opportunity_key", how="inner")
            .partition_by("as_of_date", as_dict=True)
        )
        return {key[0]: part for key, part in parts.items()}

    def bookings(self, start: date, end: date, *, known_on: date | None = None) -> Amounts:
        """Booked amount by region, close date in [start, end), as known at the end of a day."""
        inside = (self.closed >= day_number(start)) & (self.closed < day_number(end))
        if known_on is not None:
            inside &= self.known <= day_number(known_on)
        totals = np.zeros(len(self.regions))
        np.add.at(totals, self.region_index[inside], self.won_amount[inside])
        return totals

    def _periods(self, period_type: str) -> tuple[tuple[date, date], ...]:
        rows = (
            self.calendar.filter(pl.col("period_type") == period_type)
            .select(
                "period_start_date", pl.col("period_end_date").dt.offset_by("1d").alias("after")
            )
            .unique()
            .sort("period_start_date")
        )
        return tuple(rows.iter_rows())


def region_positions(names: pl.Series, regions: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Index of each name in `regions`."""
    order = {name: position for position, name in enumerate(regions)}
    return names.replace_strict(order, return_dtype=pl.Int64).to_numpy().astype(np.int64)


def _days(dates: pl.Series) -> Days:
    numbers = dates.cast(pl.Date).to_physical().cast(pl.Int64).fill_null(FAR_FUTURE)
    return numbers.to_numpy().astype(np.int64)
