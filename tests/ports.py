"""Ports that nobody listens on."""

import contextlib
import socket


def free_port_base() -> int:
    """A run of four free ports: sandbox, Superset, Dagster and its code server."""
    for base in range(23000, 60000, 10):
        with contextlib.ExitStack() as stack:
            try:
                for offset in range(4):
                    probe = stack.enter_context(socket.socket())
                    probe.bind(("127.0.0.1", base + offset))
            except OSError:
                continue
            return base
    raise RuntimeError("no four free ports in a row between 23000 and 60000")
