"""What a vendor's folder tells the sandbox about itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from duckdb import DuckDBPyConnection
from fastapi import APIRouter
from starlette.types import ASGIApp

from ingestion.sandbox.store import VersionTable

if TYPE_CHECKING:
    from ingestion.sandbox.world import World

Reply = tuple[int, Any, dict[str, str]]
"""Status, body (becomes JSON) and headers."""


@dataclass(frozen=True)
class Vendor:
    """One vendor of the sandbox, below the path `/<folder name>`.

    `tables` declares its objects over the company's frames, `refusal(kind, wait)` gives its reply
    to a fault (`rate_limit`, `quota_exhausted`, `server_error`, `down`, `permission_denied`, and
    `token_expiry` where tokens live for ever), `not_found(status)` the body for an unknown path.
    Records stand in `lists` of its JSON replies: there faults of data strike. `middleware` wraps
    the application: for headers on every reply, say.
    """

    routes: "Callable[[World], APIRouter]"
    tables: Callable[[DuckDBPyConnection], Iterable[VersionTable]]
    refusal: Callable[[str, str], Reply]
    not_found: Callable[[int], Any]
    lists: tuple[str, ...]
    token_lifetime: timedelta | None = None
    middleware: Callable[[ASGIApp], ASGIApp] | None = None
