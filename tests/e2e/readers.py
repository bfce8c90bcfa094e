"""Dashboards are read while a release is published: nothing fails, nothing is stale."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from orchestration.query import ask, served
from tests.e2e.conftest import Stack
from tests.e2e.superset_queries import chart_data

READERS = 8
# Seconds between a reader's questions while the refresh works: with fewer, eight readers leave it
# no processor. After the switch they ask one question after the other.
PAUSE = 3.0
AFTER_THE_SWITCH = 3.0
COUNT = "select sum(is_completed::int) from marts.fct_activities"


@contextmanager
def eight_readers(stack: Stack) -> Iterator[None]:
    """Eight people ask Superset for a number while the block publishes a release that changes it.

    Nobody's question may fail, and nobody who asks after the switch may get the older number. The
    block's refresh has to be a process of its own, as the eight ask in this one.
    """
    base = stack.settings.url("superset")
    number = stack.datasets["activities"]
    before = _count(stack)
    stop, switched = threading.Event(), threading.Event()
    failures: list[str] = []
    answers: list[tuple[float, int]] = []

    def read(reader: int) -> None:
        session = stack.superset("executive")
        stop.wait(PAUSE * reader / READERS)
        while not stop.is_set():
            asked = time.monotonic()
            try:
                answer = chart_data(session, base, number, metrics=["activity_count"], columns=[])
            except requests.RequestException as error:
                failures.append(f"reader {reader}: {error}")
                return
            if answer.status_code == 200:
                count = answer.json()["result"][0]["data"][0]["activity_count"]
                answers.append((asked, count))
            else:
                failures.append(f"reader {reader}: {answer.status_code} {answer.text[:300]}")
            switched.wait(PAUSE)

    threads = [threading.Thread(target=read, args=(n,), daemon=True) for n in range(READERS)]
    for thread in threads:
        thread.start()
    try:
        yield
        switch = time.monotonic()
        switched.set()
        time.sleep(AFTER_THE_SWITCH)
    finally:
        stop.set()
        switched.set()
        for thread in threads:
            thread.join(timeout=60)
    assert failures == []
    after = _count(stack)
    assert after != before, "the refresh brought something new"
    assert any(asked < switch for asked, _ in answers), "somebody asked before the switch"
    seen = {value for asked, value in answers if asked > switch}
    assert seen == {after}, f"asked after the switch to {after}, got {seen}"


def _count(stack: Stack) -> int:
    return int(ask(served(stack.settings.paths.serving), COUNT).rows[0][0])
