"""What the vendors' routers share: clock, store, faults and tokens of one running sandbox."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from ingestion.sandbox.clock import Clock
from ingestion.sandbox.faults import FaultBook
from ingestion.sandbox.store import Store
from ingestion.sandbox.tokens import TokenBook
from ingestion.sandbox.vendor import Vendor

AHEAD = timedelta(days=62)
MARGIN = timedelta(days=14)

Frames = Mapping[str, pl.DataFrame]


@dataclass
class World:
    """One running sandbox. `simulate(until)` gives the company's version logs until an instant.

    `hints` names what an opaque path reads (a job, a page), for the `match` of faults.
    """

    clock: Clock
    simulate: Callable[[datetime], Frames]
    vendors: Mapping[str, Vendor]
    store: Store
    tokens: dict[str, TokenBook]
    faults: FaultBook
    horizon: datetime
    hints: dict[str, str] = field(default_factory=dict)
    extending: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_short(self) -> bool:
        """Whether the clock comes near the end of what is simulated."""
        return self.clock.now() + MARGIN > self.horizon

    def extend(self) -> None:
        """Simulate further: the past stays the same, tables are replaced at once."""
        with self.extending:
            if self.is_short:
                horizon = self.clock.now() + AHEAD
                self.store.load(self.simulate(horizon))
                self.horizon = horizon

    def advance(self, seconds: float) -> datetime:
        """Move the clock; held-back versions show, and the company is simulated further."""
        now = self.clock.advance(seconds)
        self.extend()
        self.store.release_holds()
        return now


def open_world(
    *, clock: Clock, simulate: Callable[[datetime], Frames], vendors: Mapping[str, Vendor]
) -> World:
    """Simulate the company some weeks past the clock's now and load it."""
    horizon = clock.now() + AHEAD
    return World(
        clock=clock,
        simulate=simulate,
        vendors=vendors,
        store=Store(
            simulate(horizon), {name: vendor.tables for name, vendor in vendors.items()}, clock.now
        ),
        tokens={
            name: TokenBook(clock.now, vendor.token_lifetime)
            for name, vendor in vendors.items()
            if vendor.token_lifetime is not None
        },
        faults=FaultBook(vendors),
        horizon=horizon,
    )
