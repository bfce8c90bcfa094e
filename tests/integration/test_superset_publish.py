"""A publish under readers: nothing fails, nothing old is answered, nothing is invalidated."""

import itertools
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from tests.superset_server import DEALS_A_REP, REPS, RunningSuperset, publish, switch

READERS = 8
PUBLISHES = 8
DEADLINE_SECONDS = 120


@dataclass(frozen=True)
class Answer:
    asked_at: float
    answered_at: float
    status: int
    amount: float | None
    from_cache: bool


def total(superset: RunningSuperset) -> int:
    charts = superset.sign_in().rows("chart")
    return next(row["id"] for row in charts if row["slice_name"] == "Total")


def read(
    superset: RunningSuperset, chart: int, stop: threading.Event, answers: list[Answer]
) -> None:
    person = superset.sign_in()
    while not stop.is_set():
        asked = time.monotonic()
        response = person.send("GET", f"chart/{chart}/data/")
        result = response.json()["result"][0] if response.ok else {"data": [{}]}
        amount = result["data"][0].get("open_amount")
        answers.append(
            Answer(
                asked,
                time.monotonic(),
                response.status_code,
                None if amount is None else float(amount) / (DEALS_A_REP * len(REPS)),
                bool(result.get("is_cached")),
            )
        )


@dataclass(frozen=True)
class Switch:
    """A publish or rollback: its amount is served from some moment between the two instants."""

    amount: int
    began_at: float
    ended_at: float


def stale(answer: Answer, history: list[Switch]) -> bool:
    """True when the amount was not the served one at any moment between question and answer."""
    last = Switch(0, math.inf, math.inf)
    served = [
        switched.amount
        for switched, following in itertools.pairwise([*history, last])
        if switched.began_at <= answer.answered_at and following.ended_at >= answer.asked_at
    ]
    return answer.amount not in served


def timed(amount: int, action: Callable[[], None]) -> Switch:
    began = time.monotonic()
    action()
    return Switch(amount, began, time.monotonic())


def wait_for_readers(answers: list[list[Answer]], since: float) -> None:
    """Until each reader has asked twice since then: once into the switch, once after it."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while any(sum(each.asked_at >= since for each in mine) < 2 for mine in answers):
        assert time.monotonic() < deadline, "the readers have stopped"
        threading.Event().wait(0.02)


def test_publishes_and_rollbacks_under_eight_readers(superset: RunningSuperset) -> None:
    chart, stop = total(superset), threading.Event()
    answers: list[list[Answer]] = [[] for _ in range(READERS)]
    history = [Switch(100, 0.0, 0.0)]
    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(read, superset, chart, stop, mine) for mine in answers]
        try:
            wait_for_readers(answers, 0.0)
            for number in range(1, PUBLISHES + 1):
                write = partial(
                    publish, superset.serving_dir, f"release-{number}", amount=1000 * number
                )
                history.append(timed(1000 * number, write))
                wait_for_readers(answers, history[-1].ended_at)
            history.append(timed(100, partial(switch, superset.serving_dir, "first")))
            wait_for_readers(answers, history[-1].ended_at)
        finally:
            stop.set()
        for reader in readers:
            reader.result()
    every = list(itertools.chain.from_iterable(answers))
    assert [answer for answer in every if answer.status != 200] == []
    assert [answer for answer in every if stale(answer, history)] == []
    assert {answer.amount for answer in every} == {each.amount for each in history}
    assert any(answer.from_cache for answer in every)


def test_a_rollback_is_seen_at_once_although_the_older_answer_was_cached(
    superset: RunningSuperset,
) -> None:
    person, chart = superset.sign_in(), total(superset)

    def amount() -> float:
        rows = person.call("GET", f"chart/{chart}/data/")["result"][0]["data"]
        return float(rows[0]["open_amount"]) / (DEALS_A_REP * len(REPS))

    assert amount() == 100
    publish(superset.serving_dir, "after", amount=7)
    assert amount() == 7
    switch(superset.serving_dir, "first")
    assert amount() == 100


def test_only_the_served_file_is_held_open(superset: RunningSuperset) -> None:
    """A release that is thrown away gives its room back, and a query need not open a file."""
    served = superset.serving_dir / "current" / "lakehouse.duckdb"
    for release, amount in (("held", 11), ("held-next", 12)):
        publish(superset.serving_dir, release, amount=amount)
        end = time.monotonic() + DEADLINE_SECONDS
        while (held := held_files(superset)) != [served.resolve()] * len(workers(superset)):
            assert time.monotonic() < end, f"{release} is served, {held} are open"
            ask_everybody(superset)
    switch(superset.serving_dir, "first")


def ask_everybody(superset: RunningSuperset) -> None:
    """Questions enough that each worker gets one; none is answered from the cache."""
    person, chart = superset.sign_in(), total(superset)
    with ThreadPoolExecutor(READERS) as pool:
        path = f"chart/{chart}/data/?force=true"
        for answer in pool.map(lambda _: person.send("GET", path), range(2 * READERS)):
            assert answer.ok, answer.text


def workers(superset: RunningSuperset) -> list[psutil.Process]:
    address = superset.base_url.removeprefix("http://")
    master = min(
        (each for each in psutil.process_iter() if address in _command(each)),
        key=lambda each: each.create_time(),
    )
    return master.children()


def held_files(superset: RunningSuperset) -> list[Path]:
    """DuckDB files that the workers have open, once for each that has."""
    opened = (file.path for worker in workers(superset) for file in worker.open_files())
    return [Path(file) for file in opened if file.endswith(".duckdb")]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
