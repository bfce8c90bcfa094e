"""The sandbox over a small simulated company, and what landings of its vendors look like."""

import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path

import polars as pl
import uvicorn

from ingestion.catalog import connection_model, daily_budget, entities
from ingestion.entity import DELETED, LOADED_AT, VERSION_AT, Entity
from ingestion.feed import AnyFeed
from ingestion.http import Patience
from ingestion.landing import LandingReport, land, land_feeds, metered, secrets_of
from ingestion.sandbox import credentials
from ingestion.sandbox.__main__ import company_frames, history_start
from ingestion.sandbox.app import build_app, build_world
from ingestion.sandbox.clock import Beginning, open_clock
from ingestion.sandbox.vendors import vendor_names
from ingestion.sandbox.world import Frames
from tests.contracts.sandbox_server import Sandbox

SOURCES = vendor_names()
NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)
EVER = datetime(2000, 1, 1, tzinfo=UTC)


@cache
def simulated(beginning: Beginning, until: datetime) -> Frames:
    """The company's frames, simulated once for all the sandboxes of a process."""
    return company_frames(beginning, until)


def with_deletes(company: Frames, at: datetime) -> Frames:
    """The company, in which the newest of each CRM's records of each kind are deleted at a time;
    activities no later than vendors of telephony show it."""

    def deleted(frame: pl.DataFrame, *kinds: str, since: datetime = EVER) -> pl.DataFrame:
        number = frame.columns[0]
        known = frame.filter(pl.col("version_at") < at).sort("version_at")
        alive = known.unique(number, keep="last", maintain_order=True).filter(~pl.col("is_deleted"))
        recent = alive.filter(pl.col("version_at") >= since)
        newest = recent.group_by(kinds, maintain_order=True).tail(2).select(frame.columns)
        moment = pl.lit(at, frame["version_at"].dtype)
        gone = newest.with_columns(version_at=moment, is_deleted=True)
        later = frame.filter(pl.col("version_at") >= at).join(gone, on=number, how="anti")
        return pl.concat([frame.filter(pl.col("version_at") < at), gone, later])

    tables = ("accounts", "contacts", "leads", "opportunities")
    return {
        **company,
        **{name: deleted(company[name], "crm") for name in tables},
        "activities": deleted(company["activities"], "crm", "type", since=at - timedelta(days=30)),
    }


@contextmanager
def company_sandbox(
    state_dir: Path, *, scale: float = 0.01, deletes_at: datetime | None = None
) -> Iterator[Sandbox]:
    """A running sandbox; its clock stands still but for `advance`."""
    clock = open_clock(state_dir, seed=7, scale=scale, start=history_start, now=NOW, frozen=True)

    def company(until: datetime) -> Frames:
        frames = simulated(clock.beginning, until)
        return frames if deletes_at is None else with_deletes(frames, deletes_at)

    world = build_world(clock, company)
    app = build_app(world)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    sandbox = Sandbox(f"http://127.0.0.1:{listener.getsockname()[1]}", world)
    try:
        yield sandbox
    finally:
        sandbox.close()
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


@dataclass(frozen=True)
class Lake:
    """A lake and its state under one folder, fed by a sandbox."""

    root: Path
    sandbox: Sandbox

    def now(self) -> datetime:
        answer = self.sandbox.admin.get("/_sandbox/clock").raise_for_status().json()
        return datetime.fromisoformat(answer["now"])

    def land(self, source: str, *, only: Collection[str] = (), **changed: str) -> LandingReport:
        """Lands with the sandbox's credentials, some of them changed.

        `only` are the entities to land, for tests that are about a few; none means all of them.
        """
        values = {**credentials.connections(self.sandbox.base_url)[source], **changed}
        connection = connection_model(source)(**values)
        lake_url, state_dir = str(self.root / "lake"), self.root / "state"
        if not only:
            return land(
                source,
                connection=connection,
                lake_url=lake_url,
                state_dir=state_dir,
                clock=self.now,
                patience=impatient(),
            )
        unknown = set(only) - {entity.name for entity in entities(source)}
        assert not unknown, f"{source} has no entity {', '.join(sorted(unknown))}"
        build = import_module(f"ingestion.sources.{source}").build_source
        seen_at = self.now()
        patience = metered(source, impatient(), daily_budget(source), state_dir, seen_at)

        def feeds() -> list[AnyFeed]:
            built = build(connection, clock=lambda: seen_at, patience=patience)
            return [feed for feed in built if feed.entity.name in only]

        return land_feeds(
            source,
            feeds,
            lake_url=lake_url,
            state_dir=state_dir,
            clock=self.now,
            secrets=secrets_of(connection),
        )

    def rows(self, source: str, table: str) -> pl.DataFrame:
        return pl.read_delta(str(self.root / "lake" / "raw" / source / table))

    def current(self, source: str, entity: Entity) -> pl.DataFrame:
        """The latest version of each key, without deleted ones and meta columns."""
        latest = (
            self.rows(source, entity.name)
            .sort(VERSION_AT, LOADED_AT)
            .unique(entity.key, keep="last")
            .filter(~pl.col(DELETED))
        )
        return latest.select(entity.columns.names).sort(entity.key)


def faulty(
    lake: Lake, source: str, kind: str, *, only: Collection[str] = (), **more: object
) -> LandingReport:
    """A landing with one fault, which must have fired."""
    lake.sandbox.fault(source, kind, **more)
    report = lake.land(source, only=only)
    fired = lake.sandbox.admin.get("/_sandbox/faults").json()["fired"]
    lake.sandbox.clear_faults()
    assert fired.get(f"{source}.{kind}"), f"{kind} did not fire"
    return report


@dataclass(frozen=True)
class Totals:
    """What has to agree between the vendor and the lake: how many, which ones, and a sum."""

    count: int
    ids: frozenset[str]
    total: float


def totals(records: pl.DataFrame, key: str, measure: str | None = None) -> Totals:
    """Totals of records by their key column and, where there is one, their measure."""
    total = 0.0 if measure is None else float(records[measure].sum())
    return Totals(records.height, frozenset(records[key].cast(pl.String)), round(total, 5))


def impatient() -> Patience:
    """As many attempts as usual, without waiting."""
    return Patience(sleep=lambda seconds: None)


def entity_of(source: str, name: str) -> Entity:
    return next(entity for entity in entities(source) if entity.name == name)
