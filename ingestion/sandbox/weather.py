"""ASGI middleware between clients and vendors: makes the faults of the fault book happen."""

import asyncio
from urllib.parse import unquote_plus

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingestion.sandbox import mutations
from ingestion.sandbox.store import READING, Reading
from ingestion.sandbox.vendor import Reply
from ingestion.sandbox.world import World


class Weather:
    """Wraps the vendors' routers; paths of no vendor pass untouched."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        vendor = scope["path"].split("/")[1] if scope["type"] == "http" else ""
        if vendor not in self._world.vendors:
            await self._app(scope, receive, send)
            return
        if self._world.is_short:
            await run_in_threadpool(self._world.extend)
        body = await _body(receive)
        target = self._target(scope, body)
        reading = Reading()
        for fault in self._world.faults.on_request(vendor, target):
            if fault.kind == "slow_page":
                await asyncio.sleep(fault.seconds)
            elif fault.kind == "late_row":
                reading.wants_hold, reading.hold_calls = True, fault.times
            elif fault.kind == "token_expiry" and vendor in self._world.tokens:
                self._world.tokens[vendor].revoke_all()
            else:
                wait = f"{max(fault.seconds, 0):g}"
                await _send(send, self._world.vendors[vendor].refusal(fault.kind, wait))
                return
        READING.set(reading)
        try:
            if self._world.faults.expects_reply(vendor, target):
                await self._changed(scope, body, send, vendor=vendor, target=target)
            else:
                await self._app(scope, _replay(body), send)
        finally:
            self._world.store.count_down(reading.touched)

    async def _changed(
        self, scope: Scope, body: bytes, send: Send, *, vendor: str, target: str
    ) -> None:
        """Let the vendor answer, then damage or cut what it said."""
        start: Message = {}
        chunks: list[bytes] = []

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                chunks.append(message.get("body", b""))

        await self._app(scope, _replay(body), keep)
        content = b"".join(chunks)
        headers = {key.decode("latin-1"): value for key, value in start["headers"]}
        if start["status"] == 200:
            kind = headers.get("content-type", b"").decode("latin-1")
            page = mutations.read_page(kind, content, self._world.vendors[vendor].lists)
            is_typed = page is not None and mutations.type_of(page.records[0])
            place = "" if is_typed else scope["path"]
            if page is not None and self._world.faults.damage(vendor, target, place, page):
                content = page.to_bytes()
        headers["content-length"] = str(len(content)).encode("ascii")
        start["headers"] = [(key.encode("latin-1"), value) for key, value in headers.items()]
        await send(start)
        if self._world.faults.on_reply(vendor, target):
            await send(
                {
                    "type": "http.response.body",
                    "body": content[: len(content) // 2],
                    "more_body": True,
                }
            )
            return
        await send({"type": "http.response.body", "body": content})

    def _target(self, scope: Scope, body: bytes) -> str:
        """Text that `match` is looked for in: path, query, body, and what an opaque path reads."""
        query = scope["query_string"].decode("latin-1")
        path = scope["path"] + (f"?{query}" if query else "")
        parts = {part.rpartition("-")[0] or part for part in scope["path"].split("/")}
        hints = [self._world.hints[part] for part in parts if part in self._world.hints]
        sent = body.decode("utf-8", errors="replace")
        return "\n".join([path, unquote_plus(path), sent, *hints])


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _replay(body: bytes) -> Receive:
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _send(send: Send, reply: Reply) -> None:
    status, body, headers = reply
    content = orjson.dumps(body)
    sent = {
        "content-type": "application/json",
        "content-length": str(len(content)),
        **headers,
    }
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (key.encode("latin-1"), value.encode("latin-1")) for key, value in sent.items()
            ],
        }
    )
    await send({"type": "http.response.body", "body": content})
