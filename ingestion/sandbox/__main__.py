"""`python -m ingestion.sandbox`: the vendors' APIs on loopback over one simulated company."""

import argparse
import sys
from datetime import datetime
from functools import partial
from pathlib import Path

import uvicorn

from ingestion.sandbox.app import build_app, build_world
from ingestion.sandbox.clock import Beginning, StateMismatchError, iso, open_clock, parse_instant
from ingestion.sandbox.company.simulation import simulate
from ingestion.sandbox.world import Frames

HISTORY_MONTHS = 36


def history_start(now: datetime) -> datetime:
    """First day of the company's history: the first of a month, three years before `now`."""
    months = now.year * 12 + now.month - 1 - HISTORY_MONTHS
    return now.replace(
        year=months // 12, month=months % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0
    )


def company_frames(beginning: Beginning, until: datetime) -> Frames:
    """The company's version logs until an instant, by table name."""
    company = simulate(beginning.seed, beginning.scale, beginning.start, until)
    return {name: frame for name, frame in vars(company).items() if not name.startswith("hidden")}


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ingestion.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8801)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--now", type=parse_instant, help="instant of the clock's first start")
    parser.add_argument("--frozen", action="store_true", help="the clock moves only by advance")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    options = arguments(argv)
    try:
        clock = open_clock(
            options.state_dir,
            seed=options.seed,
            scale=options.scale,
            start=history_start,
            now=options.now,
            frozen=options.frozen,
        )
    except StateMismatchError as mismatch:
        print(mismatch, file=sys.stderr)
        return 2
    world = build_world(clock, partial(company_frames, clock.beginning))
    print(
        f"sandbox: seed {options.seed}, scale {options.scale:g}, now {iso(clock.now())}, "
        f"http://{options.host}:{options.port}",
        flush=True,
    )
    uvicorn.run(
        build_app(world),
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
