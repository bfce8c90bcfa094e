"""The people of the tenant, read once a run for all feeds."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingestion.http import field_of
from ingestion.sources.microsoft_graph.graph import Graph, path
from ingestion.sources.microsoft_graph.rows import own_addresses
from ingestion.sources.microsoft_graph.settings import USER_FIELDS, USERS_A_PAGE


@dataclass(frozen=True)
class Person:
    """Somebody with an address; `addresses` are all of them in lower case."""

    id: str
    email: str
    addresses: set[str]


@dataclass
class Directory:
    graph: Graph
    _pages: list[list[Any]] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def users(self) -> list[list[Any]]:
        """All users, page by page."""
        with self._lock:
            if self._pages is None:
                self._pages = list(self._read())
            return self._pages

    def people(self) -> list[Person]:
        """Members of the tenant with an address; guests have no mailbox here."""
        return _people(self.users())

    def first_people(self) -> list[Person]:
        """Those of the first page."""
        return _people([next(self._read())])

    def _read(self) -> Iterator[list[Any]]:
        first = self.graph.get(path("/users", select=USER_FIELDS, top=str(USERS_A_PAGE)))
        for page in self.graph.pages(first):
            yield field_of(page, "value", "microsoft_graph: users")


def _people(pages: list[list[Any]]) -> list[Person]:
    return [
        Person(user["id"], user["mail"], own_addresses(user))
        for user in {
            each["id"]: each
            for page in pages
            for each in page
            if isinstance(each, dict) and isinstance(each.get("id"), str)
        }.values()
        if isinstance(user.get("mail"), str) and user.get("userType") != "Guest"
    ]
