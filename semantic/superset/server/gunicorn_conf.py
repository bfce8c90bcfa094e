"""Gunicorn's settings for Superset; address and port come from the command line.

Threads and not gevent: DuckDB runs in C and would block every other request of a gevent worker.
The application is loaded once and forked, which halves start-up time and memory; connections to
the metadata database made before the fork must not be shared, so each worker drops them.
"""

import gc
from typing import Any

workers = 2
worker_class = "gthread"
threads = 8
preload_app = True
timeout = 120
graceful_timeout = 5
# Longer than browsers and proxies leave between two questions: a connection that is closed the
# moment somebody asks over it is a question without an answer.
keepalive = 75
limit_request_line = 0
limit_request_field_size = 0
control_socket_disable = True


def pre_fork(_server: Any, _worker: Any) -> None:
    """Keep what is loaded out of garbage collection, so that workers go on sharing its memory."""
    gc.freeze()


def post_fork(_server: Any, worker: Any) -> None:
    """Give the new worker its own connections to the metadata database."""
    from superset.extensions import db

    with worker.app.callable.app_context():
        db.engine.dispose()
