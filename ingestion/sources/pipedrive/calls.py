"""How Pipedrive is called: pages by cursor (v2) and by position (v1), and what its limits say."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import requests

from ingestion.http import (
    Allowance,
    DayLeft,
    Rate,
    VendorClient,
    VendorError,
    Verdict,
    field_of,
    retry_after,
)
from ingestion.sources.pipedrive.settings import LIST_ROWS, OVERLAP_ROWS

BURST_SECONDS = 2


def judge(response: requests.Response) -> Verdict:
    """A spent burst is over in two seconds; a spent daily budget does not come back in a run,
    whatever Retry-After says."""
    if response.status_code != 429:
        return Verdict()
    if response.headers.get("x-daily-ratelimit-token-remaining") == "0":
        return Verdict(day_is_over=True)
    reset = response.headers.get("x-ratelimit-reset", "")
    return Verdict(wait_seconds=retry_after(response) or (float(reset) if reset.isdigit() else 2))


def allowance(response: requests.Response) -> Allowance:
    """The burst that an account's plan allows, and the tokens left of its day."""
    calls, limit, left = (
        response.headers.get(f"x-{name}", "")
        for name in (
            "ratelimit-limit",
            "daily-ratelimit-token-limit",
            "daily-ratelimit-token-remaining",
        )
    )
    rate = Rate(int(calls), BURST_SECONDS) if calls.isdigit() and int(calls) else None
    if not left.isdigit():
        return Allowance(rate)
    return Allowance(rate, DayLeft(int(left), int(limit) if limit.isdigit() else None))


def data_of(answer: Any, what: str) -> Any:
    """The answer's data; an answer that calls itself unsuccessful is an error, whatever its status.

    An empty list may come as null.
    """
    if not isinstance(answer, dict) or answer.get("success") is not True:
        said = answer.get("error") if isinstance(answer, dict) else None
        raise VendorError(f"pipedrive: {what} was not successful: {said or 'no reason given'}")
    return field_of(answer, "data", f"pipedrive: {what}")


def listed(client: VendorClient, path: str, params: Mapping[str, Any] | None = None) -> list[Any]:
    """A list that comes in one piece."""
    return data_of(client.get_json(path, params), path) or []


def cursor_pages(client: VendorClient, path: str, params: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Pages of v2, following `additional_data.next_cursor`; an empty page may have a next one."""
    cursor: str | None = None
    while True:
        asked = {"limit": LIST_ROWS, **params, **({"cursor": cursor} if cursor else {})}
        answer = client.get_json(path, asked)
        yield data_of(answer, path) or []
        cursor = (answer.get("additional_data") or {}).get("next_cursor")
        if not cursor:
            return


def position_pages(
    client: VendorClient, path: str, params: Mapping[str, Any]
) -> Iterator[list[Any]]:
    """Pages of v1 by position. Each begins some rows before the last one's end: a record that is
    deleted meanwhile moves those behind it forward."""
    start = 0
    while True:
        answer = client.get_json(path, {"limit": LIST_ROWS, **params, "start": start})
        page = data_of(answer, path) or []
        yield page
        more = answer.get("additional_data") or {}
        more = more.get("pagination") or more
        if not more.get("more_items_in_collection"):
            return
        start += max(1, len(page) - OVERLAP_ROWS)


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def v1_instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
