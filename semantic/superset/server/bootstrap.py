"""Makes Superset's metadata database ready: schema, permissions and the administrator.

Runs in Superset's own environment, in the process that will serve (`revlake_wsgi`) or alone. When
its stamp is there it does nothing. Needs, beside what superset_config reads,
REVLAKE_SUPERSET_ADMIN_USERNAME and REVLAKE_SUPERSET_ADMIN_PASSWORD.
"""

import contextlib
import hashlib
import hmac
import io
import logging
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

STAMP = "bootstrap.stamp"
SCHEMA_OF_THIS_FILE = "1"


def main() -> int:
    load_application()
    return 0


def load_application() -> Any:
    """Superset's application, over a metadata database that is ready."""
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"superset: {time.monotonic() - began:5.1f} s  {what}", flush=True)

    if _is_done():
        say("already initialised")
        return None if __name__ == "__main__" else _create_app()
    home = _home()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (home / STAMP).unlink(missing_ok=True)
    say("loading")
    with _hurried_sqlite():
        app = _create_app()
        with app.app_context():
            say("creating the metadata schema")
            _migrate()
            say("writing permissions and roles")
            _write_permissions()
            _write_administrator()
            _release_connections()
    if not os.environ.get("REVLAKE_SUPERSET_METADATA_URL"):
        _make_durable(home / "superset.db")
    (home / STAMP).write_text(_stamp(), encoding="utf-8")
    (home / STAMP).chmod(0o600)
    say("ready")
    return app


def _home() -> Path:
    return Path(os.environ["REVLAKE_SUPERSET_HOME"])


def _is_done() -> bool:
    stamp = _home() / STAMP
    elsewhere = bool(os.environ.get("REVLAKE_SUPERSET_METADATA_URL"))
    there = elsewhere or (_home() / "superset.db").exists()
    return there and stamp.exists() and stamp.read_text(encoding="utf-8") == _stamp()


def _administrator() -> tuple[str, str]:
    username = os.environ.get("REVLAKE_SUPERSET_ADMIN_USERNAME", "admin")
    return username, os.environ["REVLAKE_SUPERSET_ADMIN_PASSWORD"]


def _stamp() -> str:
    """Changes with everything that this file writes; says nothing about the password."""
    metadata_url = os.environ.get("REVLAKE_SUPERSET_METADATA_URL", "")
    facts = [SCHEMA_OF_THIS_FILE, version("apache-superset"), metadata_url, *_administrator()]
    key = os.environ["SUPERSET_SECRET_KEY"].encode()
    return hmac.new(key, "\0".join(facts).encode(), hashlib.sha256).hexdigest()


def _create_app() -> Any:
    with _quiet():
        from superset.app import create_app

        return create_app()


@contextlib.contextmanager
def _hurried_sqlite() -> Iterator[None]:
    """Without a wait for the disk: a bootstrap that is killed has no stamp and is run again."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def pragmas(connection: Any, _record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("pragma synchronous = off")
            connection.execute("pragma journal_mode = memory")

    event.listen(Engine, "connect", pragmas)
    try:
        yield
    finally:
        event.remove(Engine, "connect", pragmas)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Drops what three hundred migrations print; errors are raised, not printed."""
    logging.getLogger("alembic").setLevel(logging.ERROR)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()):
        yield


def _migrate() -> None:
    from flask_migrate import upgrade

    with _quiet():
        upgrade()


def _write_permissions() -> None:
    from superset import appbuilder, security_manager
    from superset.utils.decorators import transaction

    @transaction()
    def write() -> None:
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()

    write()


def _write_administrator() -> None:
    from superset import security_manager
    from superset.extensions import db

    username, password = _administrator()
    user = security_manager.find_user(username=username)
    if user is not None:
        security_manager.reset_password(user.id, password)
    elif not security_manager.add_user(
        username=username,
        first_name="Revlake",
        last_name="Administrator",
        email=f"{username}@localhost",
        role=security_manager.find_role("Admin"),
        password=password,
    ):
        raise SystemExit(f"superset: the administrator {username} could not be written")
    db.session.commit()


def _release_connections() -> None:
    from superset.extensions import db

    db.session.remove()
    db.engine.dispose()


def _make_durable(metadata_file: Path) -> None:
    connection = sqlite3.connect(metadata_file)
    connection.execute("pragma journal_mode = wal")
    connection.close()
    with metadata_file.open("rb") as handle:
        os.fsync(handle.fileno())
    metadata_file.chmod(0o600)


if __name__ == "__main__":
    sys.exit(main())
