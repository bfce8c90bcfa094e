"""The tokens of delta queries: what is asked, from when on, and how far a round has come."""

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from ingestion.sandbox.vendors.microsoft_graph.refusals import refused, state_is_over

REMEMBERED = timedelta(days=30)


@dataclass(frozen=True)
class State:
    """`since` and `until` are instants of the sandbox's clock; None is the very beginning.

    `after` is the last key of the page before, `late` the keys of changes that were under way when
    the round before ended, `view` the span of a calendar's view, `select` the properties asked for.
    """

    since: str | None
    until: str
    after: str = ""
    late: tuple[str, ...] = ()
    view: tuple[str, str] = ("", "")
    select: str = ""

    def token(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()


def read_state(token: str, now: datetime) -> State:
    """The state of a token; one that is over, or that nobody handed out, is refused."""
    try:
        held: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token))
        lists = {name: tuple(held[name]) for name in ("late", "view")}
        state = State(**{**held, **lists})
    except (binascii.Error, KeyError, ValueError, TypeError):
        message = "Badly formed token."
        raise refused(400, "ErrorInvalidUrlQuery", message) from None
    if state.since is not None and now - datetime.fromisoformat(state.since) > REMEMBERED:
        raise state_is_over()
    return state
