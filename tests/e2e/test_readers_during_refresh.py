"""Dashboards are read while releases are published: nothing fails, nothing is stale."""

import threading
import time
from collections.abc import Iterator

from orchestration.query import ask, served
from tests.e2e.conftest import Stack
from tests.e2e.superset_queries import chart_data

READERS, REFRESHES = 8, 3
# Seconds between a reader's questions: without any, eight readers leave the refresh no processor.
PAUSE = 0.2


def test_eight_readers_during_three_refreshes_meet_no_failure_and_no_stale_answer(
    stack: Stack,
) -> None:
    base = stack.settings.url("superset")
    stop, failures, answers = threading.Event(), [], []
    number = stack.datasets["activities"]

    def read(reader: int) -> None:
        session = stack.superset("executive")
        while not stop.wait(PAUSE):
            asked = time.monotonic()
            answer = chart_data(session, base, number, metrics=["activity_count"], columns=[])
            if answer.status_code != 200:
                failures.append(f"reader {reader}: {answer.status_code} {answer.text[:300]}")
                continue
            answers.append((asked, answer.json()["result"][0]["data"][0]["activity_count"]))

    threads = [threading.Thread(target=read, args=(n,), daemon=True) for n in range(READERS)]
    for thread in threads:
        thread.start()
    published = list(_refreshes(stack))
    end = time.monotonic() + 3
    while time.monotonic() < end:
        stop.wait(0.2)
    stop.set()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert len({count for _, count in published}) == REFRESHES, "each refresh brought something new"
    for (switched, count), (until, _) in zip(
        published, [*published[1:], (float("inf"), 0)], strict=True
    ):
        seen = [value for asked, value in answers if asked > switched]
        assert seen, "somebody asked after the switch"
        old = {value for value in seen if value < count}
        assert not old, f"asked after the switch to {count}, before {until}: got {old}"


def _refreshes(stack: Stack) -> Iterator[tuple[float, int]]:
    """Moment after which no older answer may be given, and what the release says."""
    query = "select sum(is_completed::int) from marts.fct_activities"
    for _ in range(REFRESHES):
        stack.revlake("sandbox", "advance", "6h")
        stack.revlake("refresh", "hourly")  # a process of its own, as eight threads ask in this one
        yield time.monotonic(), int(ask(served(stack.settings.paths.serving), query).rows[0][0])
