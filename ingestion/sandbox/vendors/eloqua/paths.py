"""Eloqua takes paths in any case, and slashes that come twice."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

_SLASHES = re.compile("/+")


class LenientPaths:
    """ASGI middleware around all vendors; changes paths below /eloqua only."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/eloqua/"):
            scope = {**scope, "path": _SLASHES.sub("/", scope["path"]).lower()}
        await self._app(scope, receive, send)
