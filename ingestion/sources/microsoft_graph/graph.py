"""Calls to Microsoft Graph: pages, and many reads in one call."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import requests

from ingestion.http import TRANSIENT, VendorClient, VendorError, Verdict, field_of
from ingestion.sources.microsoft_graph.settings import (
    API,
    PAGE_ROWS,
    REQUESTS_A_BATCH,
    REQUESTS_OF_A_MAILBOX,
)

OK, FORBIDDEN, NOT_THERE, GONE = 200, 403, 404, 410
# Of a person without a mailbox, or with one that the application is kept out of.
NOT_OURS = (FORBIDDEN, NOT_THERE)
BATCH = f"{API}/$batch"
PREFER = f'IdType="ImmutableId", outlook.timezone="UTC", odata.maxpagesize={PAGE_ROWS}'
NEXT, DELTA = "@odata.nextLink", "@odata.deltaLink"
Record = dict[str, Any]
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Request(Generic[K]):
    """A read of one mailbox: `url` is a path below the API's version, or a link that Graph gave."""

    key: K
    mailbox: str
    url: str


@dataclass(frozen=True)
class Answer(Generic[K]):
    """What came of a read."""

    key: K
    status: int
    body: Record

    @property
    def code(self) -> str:
        """The error's code in words, empty where there is none."""
        error = self.body.get("error")
        return str(error.get("code")) if isinstance(error, dict) else ""

    def failure(self, what: str) -> VendorError:
        """The error to raise where this answer was not to be expected."""
        return VendorError(
            f"microsoft_graph: {what} answered {self.status} ({self.code}); "
            "the next run tries again"
        )


def path(text: str, **query: str) -> str:
    """A path with its query; names beginning with a dollar are written without it."""
    dollars = {"select", "top"}
    named = {f"${name}" if name in dollars else name: value for name, value in query.items()}
    return f"{text}?{urlencode(named, safe='$,:')}" if named else text


@dataclass(frozen=True)
class Graph:
    """`client` calls as the application."""

    client: VendorClient

    def get(self, url: str) -> Record:
        """The answer to a path below the version, or to a link."""
        address = url if url.startswith("http") else f"{API}{url}"
        answer: Record = self.client.get_json(address, headers={"Prefer": PREFER})
        return answer

    def pages(self, first: Record) -> Iterator[Record]:
        """An answer and those that follow it."""
        answer = first
        while True:
            yield answer
            if NEXT not in answer:
                return
            answer = self.get(answer[NEXT])

    def many(self, reads: Iterable[Request[K]]) -> dict[K, Answer[K]]:
        """Answers by key, of as few calls as may be. A call that says of any of its reads that it
        came too fast, or that the service failed, is made again."""
        found: dict[K, Answer[K]] = {}
        for some in _batches(reads):
            asked = [
                {
                    "id": str(number),
                    "method": "GET",
                    "url": self._relative(read.url),
                    "headers": {"Prefer": PREFER},
                }
                for number, read in enumerate(some)
            ]
            answer = self.client.post_json(BATCH, {"requests": asked})
            for each in field_of(answer, "responses", "microsoft_graph: batch"):
                key = some[int(each["id"])].key
                found[key] = Answer(key, each["status"], each.get("body") or {})
        return found

    def _relative(self, url: str) -> str:
        """A batch takes addresses without host and version."""
        if not url.startswith("http"):
            return url
        start = f"{self.client.base_url}{API}"
        if not url.startswith(start):
            raise VendorError(f"microsoft_graph: sent us on to another host than {start}")
        return url.removeprefix(start)


def _batches(reads: Iterable[Request[K]]) -> Iterator[list[Request[K]]]:
    """Twenty reads each, four of a mailbox."""
    waiting = list(reads)
    while waiting:
        some: list[Request[K]] = []
        later: list[Request[K]] = []
        of_mailbox: Counter[str] = Counter()
        for read in waiting:
            is_full = (
                len(some) == REQUESTS_A_BATCH or of_mailbox[read.mailbox] == REQUESTS_OF_A_MAILBOX
            )
            (later if is_full else some).append(read)
            of_mailbox[read.mailbox] += not is_full
        yield some
        waiting = later


def has_failures(response: requests.Response) -> bool:
    """Whether a batch has to be made again: single reads of it are told to wait or failed."""
    return bool(_failed(response))


def judge(response: requests.Response) -> Verdict:
    """The longest wait that a batch's reads are told."""
    failed = _failed(response)
    if not failed:
        return Verdict()
    statuses = sorted({each["status"] for each in failed})
    waits = [_wait(each.get("headers") or {}) for each in failed]
    return Verdict(
        transient=True,
        wait_seconds=max(filter(None, waits), default=None),
        meaning=f"in a batch: {', '.join(map(str, statuses))}",
    )


def _failed(response: requests.Response) -> list[Record]:
    if response.status_code != 200 or not (response.url or "").endswith("$batch"):
        return []
    return [each for each in response.json()["responses"] if each["status"] in TRANSIENT]


def _wait(headers: Mapping[str, str]) -> float | None:
    value = headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None
