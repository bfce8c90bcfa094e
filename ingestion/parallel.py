"""Reads that may run at the same time, with their results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def side_by_side(reads: Iterable[Callable[[], T]], *, workers: int) -> Iterator[T]:
    """What the reads give, in their order; `workers` at once, and no more than that ahead.

    The first error ends the rest: reads that have not begun are dropped.
    """
    waiting: deque[Future[T]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for read in reads:
                if len(waiting) == workers:
                    yield waiting.popleft().result()
                waiting.append(pool.submit(read))
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
