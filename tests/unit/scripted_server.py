"""A real HTTP server on loopback whose answers a test scripts, one after another."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Asked:
    """A request as the server got it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str


@dataclass
class Reply:
    """An answer. `cut` sends half of the body and closes; `drop` closes without an answer."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    drop: bool = False


Script = Reply | Callable[[Asked], Reply]


class ScriptedServer:
    """Answers with the scripted replies in order, then with `otherwise`; remembers all requests."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.replies: deque[Script] = deque()
        self.otherwise: Script = Reply(500, {"error": "nothing scripted"})
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"scripted": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            script = self.replies.popleft() if self.replies else self.otherwise
        return script if isinstance(script, Reply) else script(asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    scripted: ScriptedServer

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test's output is its own."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        reply = self.scripted.answer(
            Asked(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query)),
                dict(self.headers.items()),
                self.rfile.read(length).decode("utf-8"),
            )
        )
        if reply.drop:
            self.close_connection = True
            return
        is_raw = isinstance(reply.body, str | bytes)
        body = reply.body if is_raw else json.dumps(reply.body)
        data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
        self.send_response(reply.status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if reply.cut else data)
        self.close_connection = reply.cut or self.close_connection

    do_GET = do_POST = do_PATCH = _serve  # noqa: N815 - names the base class looks for


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    try:
        yield server
    finally:
        server.stop()
