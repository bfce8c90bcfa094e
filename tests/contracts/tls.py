"""The sandbox behind TLS on loopback, for vendors' clients that know no other way."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme
import uvicorn

from ingestion.sandbox.app import build_app, build_world
from ingestion.sandbox.clock import Beginning, Clock
from tests.contracts.sandbox_server import NOW, Rows, at, frames


@contextmanager
def over_tls(rows: Rows, folder: Path) -> Iterator[tuple[str, str]]:
    """A sandbox over these rows: its address, and the file of the authority to trust."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    trusted, key, chain = (folder / name for name in ("ca.pem", "key.pem", "chain.pem"))
    authority.cert_pem.write_to_path(trusted)
    certificate.private_key_pem.write_to_path(key)
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    clock = Clock(beginning=Beginning(1, 1.0, at("2026-01-01")), now=NOW, frozen=True)
    company = frames(rows)
    app = build_app(build_world(clock, lambda until: company))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="critical",
            access_log=False,
            ssl_keyfile=str(key),
            ssl_certfile=str(chain),
            ssl_version=ssl.PROTOCOL_TLS_SERVER,
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}", str(trusted)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
