"""What time it is for a run: the sandbox's clock when vendors are simulated, else ours."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from orchestration.errors import RevlakeError
from orchestration.settings import Settings

TIMEOUT_SECONDS = 10.0
# Ingestion asks for every row; the sandbox is asked at most once in this time.
FRESH_SECONDS = 1.0


class ClockError(RevlakeError):
    """The sandbox cannot be asked for the time."""


def run_clock(settings: Settings) -> Callable[[], datetime]:
    """The clock to hand to ingestion and to take `as_of` from, right to a second."""
    if settings.sources.vendor_mode == "live":
        return lambda: datetime.now(UTC)
    asked: dict[str, tuple[float, datetime]] = {}

    def now() -> datetime:
        known = asked.get("last")
        if known is None or time.monotonic() - known[0] > FRESH_SECONDS:
            known = asked["last"] = (time.monotonic(), sandbox_now(settings))
        return known[1]

    return now


def sandbox_now(settings: Settings) -> datetime:
    """The simulated company's time. Raises ClockError when the sandbox does not answer."""
    try:
        answer = httpx.get(f"{settings.sandbox_url}/_sandbox/clock", timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise ClockError(
            f"the sandbox at {settings.sandbox_url} does not answer ({error}): start it with "
            "`revlake up` or `revlake sandbox`"
        ) from error
    return datetime.fromisoformat(answer.json()["now"]).astimezone(UTC)


def advance_sandbox(settings: Settings, seconds: float) -> datetime:
    """Move the simulated company's clock forward; returns its new time."""
    try:
        answer = httpx.post(
            f"{settings.sandbox_url}/_sandbox/advance", json={"seconds": seconds}, timeout=600.0
        )
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise ClockError(
            f"the sandbox at {settings.sandbox_url} did not advance: {error}"
        ) from error
    return datetime.fromisoformat(answer.json()["now"]).astimezone(UTC)
