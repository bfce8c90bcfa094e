"""HubSpot's rate-limit headers: every reply but a search's tells what is left."""

import time
from collections import deque

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What a company with the API add-on has; without it, 190.
CALLS = 250
WINDOW_SECONDS = 10
DAILY_CALLS = 650_000


class LimitHeaders:
    """ASGI middleware around all vendors; touches replies below /hubspot only."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._calls: deque[float] = deque(maxlen=CALLS)
        self._today = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith("/hubspot/"):
            await self._app(scope, receive, send)
            return
        self._today += 1
        self._calls.append(time.monotonic())
        if path.endswith("/search"):
            await self._app(scope, receive, send)
            return

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
            "x-hubspot-ratelimit-max": CALLS,
            "x-hubspot-ratelimit-remaining": max(0, CALLS - used),
            "x-hubspot-ratelimit-interval-milliseconds": WINDOW_SECONDS * 1000,
            "x-hubspot-ratelimit-daily": DAILY_CALLS,
            "x-hubspot-ratelimit-daily-remaining": max(0, DAILY_CALLS - self._today),
        }
        return [
            (name.encode("ascii"), str(value).encode("ascii")) for name, value in values.items()
        ]
