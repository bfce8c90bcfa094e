"""Ports that nobody listens on."""

import contextlib
import socket


def free_port_base() -> int:
    """A run of three free ports, for the sandbox, Superset and Dagster."""
    for base in range(23000, 60000, 10):
        with contextlib.ExitStack() as stack:
            try:
                for offset in range(3):
                    probe = stack.enter_context(socket.socket())
                    probe.bind(("127.0.0.1", base + offset))
            except OSError:
                continue
            return base
    raise RuntimeError("no three free ports in a row between 23000 and 60000")
