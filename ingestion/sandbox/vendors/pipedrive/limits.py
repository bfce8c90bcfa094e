"""Pipedrive's rate-limit headers: the burst of two seconds and the daily budget of tokens."""

import re
import time
from collections import deque

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# API token calls of the largest plan; the daily budget of ten seats on it.
CALLS = 120
WINDOW_SECONDS = 2
DAILY_TOKENS = 30_000 * 7 * 10
# What a call costs, as Pipedrive's API description has it; what is not named costs DEFAULT_COST.
COSTS = (
    (r"/api/v2/(deals|persons|organizations|activities|products)$", 10),
    (r"/api/v2/deals/(archived)$", 20),
    (r"/api/v2/deals/products$", 10),
    (r"/api/v2/\w+Fields$", 10),
    (r"/api/v2/(stages|pipelines)$", 5),
    (r"/leads/archived$", 40),
)
DEFAULT_COST = 20


def cost_of(path: str) -> int:
    return next((cost for form, cost in COSTS if re.search(form, path)), DEFAULT_COST)


class LimitHeaders:
    """ASGI middleware around all vendors; touches replies below /pipedrive only."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._calls: deque[float] = deque(maxlen=CALLS)
        self._spent = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith("/pipedrive/"):
            await self._app(scope, receive, send)
            return
        self._spent += cost_of(path)
        self._calls.append(time.monotonic())

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(item for item in self._headers() if item[0] not in present),
                ]
            await send(message)

        await self._app(scope, receive, with_headers)

    def _headers(self) -> list[tuple[bytes, bytes]]:
        since = time.monotonic() - WINDOW_SECONDS
        used = sum(1 for call in self._calls if call > since)
        values = {
            "x-ratelimit-limit": CALLS,
            "x-ratelimit-remaining": max(0, CALLS - used),
            "x-ratelimit-reset": WINDOW_SECONDS,
            "x-daily-ratelimit-token-limit": DAILY_TOKENS,
            "x-daily-ratelimit-token-remaining": max(0, DAILY_TOKENS - self._spent),
        }
        return [
            (name.encode("ascii"), str(value).encode("ascii")) for name, value in values.items()
        ]
