"""A refresh that meets trouble: the served release stays whole, and the next refresh mends it."""

import os
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil
import requests

from orchestration.query import ask, served
from tests import forked
from tests.e2e.conftest import Stack, revlake
from tests.e2e.readers import eight_readers
from tests.e2e.superset_queries import query_metric
from tests.e2e.test_numbers_agree import assert_agree

DOWN = {"vendor": "hubspot", "kind": "down", "times": 100_000}


def faults(stack: Stack, *wanted: dict) -> None:
    url = f"{stack.settings.sandbox_url}/_sandbox/faults"
    requests.delete(url, timeout=30).raise_for_status()
    for fault in wanted:
        requests.post(url, json=fault, timeout=30).raise_for_status()


def test_a_source_that_is_down_leaves_the_others_fresh_and_is_shown_as_stale(
    stack: Stack,
) -> None:
    before = stack.status()["sources"]
    stack.revlake("sandbox", "advance", "5h")
    faults(stack, DOWN)
    try:
        with eight_readers(stack):
            done = stack.revlake("refresh", "hourly")
    finally:
        faults(stack)
    after = stack.status()["sources"]
    assert "hubspot" in done.stdout
    assert after["salesforce"]["last_loaded_at"] > before["salesforce"]["last_loaded_at"]
    assert after["hubspot"]["last_loaded_at"] == before["hubspot"]["last_loaded_at"]
    session, base = stack.superset("executive"), stack.settings.url("superset")
    ages = query_metric(
        session, base, stack.datasets["source_freshness"], "hours_since_landing", "data_source"
    )
    assert ages["HubSpot"] >= 5 > ages["Salesforce"]


def test_after_killed_refreshes_and_an_hourly_one_every_metric_is_the_same_everywhere(
    stack: Stack, tmp_path: Path
) -> None:
    """Landing, dbt or models killed: the release stays, and nothing is lost or doubled after it.

    What is killed while it publishes: tests/integration/test_release_faults.py.
    """
    serving = stack.settings.paths.serving
    release = served(serving).id
    for moment in ("landing", "dbt", "ml"):
        stack.revlake("sandbox", "advance", "2h")
        process = forked.start(revlake, ["refresh", "hourly"], stack.environment)
        try:
            _wait_for(process, stack, moment)
        finally:
            _kill_all(process)
        assert served(serving).id == release
        assert ask(served(serving), "select count(*) from marts.fct_opportunities").rows[0][0] > 0
    with eight_readers(stack):
        stack.revlake("refresh", "hourly")
    assert served(serving).id != release
    assert_agree(stack, tmp_path)


def _wait_for(process: BaseProcess, stack: Stack, moment: str) -> None:
    """Until the run is in the midst of it, told by what it leaves on disk and by its children."""
    lake, serving = stack.settings.paths.lake, stack.settings.paths.serving
    logs = {"landing": "raw/*/*/_delta_log/*.json", "ml": "ml/*/predictions/_delta_log/*.json"}
    before = {name: len(list(lake.glob(pattern))) for name, pattern in logs.items()}
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert process.exitcode is None, f"the refresh ended before it was killed at {moment}"
        if moment == "dbt":
            candidates = list((serving / "candidates").glob("*/lakehouse.duckdb.wal"))
            if candidates and candidates[0].stat().st_size:
                return
        elif len(list(lake.glob(logs[moment]))) > before[moment]:
            return
        time.sleep(0.02)
    raise AssertionError(f"{moment} was not reached in 120 s")


def _kill_all(process: BaseProcess) -> None:
    """kill -9 for the run and everything that it started, dbt among it."""
    if process.exitcode is not None:
        return
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    for child in children:
        if child.is_running():
            child.kill()
    process.join(timeout=30)
