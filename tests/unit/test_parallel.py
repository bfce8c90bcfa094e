"""Reads side by side: their results stay in order, and an error ends them."""

import threading
from collections.abc import Callable

import pytest

from ingestion.parallel import side_by_side


def test_results_keep_the_order_of_the_reads() -> None:
    second_is_done = threading.Event()

    def slow_first() -> int:
        assert second_is_done.wait(10)
        return 1

    def quick_second() -> int:
        second_is_done.set()
        return 2

    assert list(side_by_side([slow_first, quick_second, lambda: 3], workers=2)) == [1, 2, 3]


def test_an_error_drops_reads_that_have_not_begun() -> None:
    begun: list[int] = []

    def read(number: int) -> Callable[[], int]:
        def run() -> int:
            begun.append(number)
            return 10 // (number - 2)

        return run

    with pytest.raises(ZeroDivisionError):
        list(side_by_side(map(read, range(100)), workers=2))
    assert len(begun) <= 5
