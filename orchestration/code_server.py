"""Dagster's code server, which alone loads the project: `python -m orchestration.code_server PORT`.

`dagster code-server start` answers on the port and hands every call to a child that holds the
project. Its Reload button in the UI starts a new child; runs go on in the old one until they end.
"""

import contextlib
import os
import runpy
import socket
import sys
import threading
import time

import psutil

from orchestration.settings import LOOPBACK, Settings

POLL_SECONDS = 1.0


def is_up(settings: Settings) -> bool:
    """Whether it answers: it listens no sooner than the project is loaded."""
    try:
        socket.create_connection((LOOPBACK, settings.ports.code_server), timeout=5.0).close()
    except OSError:
        return False
    return True


def _end_with_child() -> None:
    """Exit when the last child is gone: Dagster would answer errors for ever after.

    The supervisor then starts both again.
    """
    while (child := _child()) is None:
        time.sleep(POLL_SECONDS)
    while child is not None:
        while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
            time.sleep(POLL_SECONDS)
        child = _child()
    os._exit(1)


def _child() -> psutil.Process | None:
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if "grpc" in child.cmdline():
                return child
    return None


def main() -> None:
    """Serve until told to stop, or until the child is gone."""
    threading.Thread(target=_end_with_child, daemon=True).start()
    module = ["-m", "orchestration.definitions"]
    sys.argv = ["dagster", "code-server", "start", *module, "-h", LOOPBACK, "-p", sys.argv[1]]
    runpy.run_module("dagster", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
