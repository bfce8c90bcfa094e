"""Aircall's rate-limit headers: how many requests a minute, how many are left, when it ends."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What a company with a raised limit has; without it 60.
CALLS = 600
WINDOW_SECONDS = 60


class LimitHeaders:
    """ASGI middleware around all vendors; touches replies below /aircall only."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._window = 0
        self._used = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope.get("path", "").startswith("/aircall/"):
            await self._app(scope, receive, send)
            return
        window = int(time.time()) // WINDOW_SECONDS
        self._used = self._used + 1 if window == self._window else 1
        self._window = window

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
        values = {
            "x-aircallapi-limit": CALLS,
            "x-aircallapi-remaining": max(0, CALLS - self._used),
            "x-aircallapi-reset": (self._window + 1) * WINDOW_SECONDS,
        }
        return [
            (name.encode("ascii"), str(value).encode("ascii")) for name, value in values.items()
        ]
