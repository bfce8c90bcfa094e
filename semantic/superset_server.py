"""How to start Superset as a process of its own, without importing it.

Superset lives in a second Python environment. Whoever supervises it needs the environment variables
and the serve command, which initialises the metadata database when it has to. Where several servers
share one metadata database, run the bootstrap command once before them. All are values; nothing is
started here.
"""

import time
from pathlib import Path

import requests

SERVER_DIR = Path(__file__).parent / "superset" / "server"
ADMIN_USERNAME = "admin"


def server_environment(
    *,
    home: Path,
    serving_dir: Path,
    port: int,
    secret_key: str,
    admin_password: str,
    admin_username: str = ADMIN_USERNAME,
    metadata_url: str | None = None,
    redis_url: str | None = None,
    public_url: str | None = None,
) -> dict[str, str]:
    """Everything the two commands need beside PATH; add it to the environment of the process.

    `public_url` is the address behind a proxy: with https, cookies are marked secure.
    """
    optional = {
        "REVLAKE_SUPERSET_METADATA_URL": metadata_url,
        "REVLAKE_SUPERSET_REDIS_URL": redis_url,
        "REVLAKE_SUPERSET_PUBLIC_URL": public_url,
    }
    return {
        "SUPERSET_SECRET_KEY": secret_key,
        "SUPERSET_HOME": str(home),
        "REVLAKE_SUPERSET_HOME": str(home),
        "REVLAKE_SERVING_DIR": str(serving_dir),
        "REVLAKE_SUPERSET_PORT": str(port),
        "REVLAKE_SUPERSET_ADMIN_USERNAME": admin_username,
        "REVLAKE_SUPERSET_ADMIN_PASSWORD": admin_password,
        "PYTHONPATH": str(SERVER_DIR),
        "FLASK_APP": "superset.app:create_app()",
        **{name: value for name, value in optional.items() if value},
    }


def bootstrap_command(venv: Path) -> list[str]:
    """Creates or upgrades the metadata database; idempotent."""
    return [str(venv / "bin" / "python"), str(SERVER_DIR / "bootstrap.py")]


def serve_command(venv: Path, port: int, host: str = "127.0.0.1") -> list[str]:
    """The gunicorn command line; everything else is in server/gunicorn_conf.py."""
    python, config = str(venv / "bin" / "python"), str(SERVER_DIR / "gunicorn_conf.py")
    bind = f"{host}:{port}"
    app = "revlake_wsgi:application()"
    return [python, "-m", "gunicorn", "--config", config, "--bind", bind, app]


def is_ready(base_url: str, *, timeout_seconds: float = 5) -> bool:
    """True when a person could sign in. `/health` answers before the application works."""
    try:
        response = requests.get(f"{base_url}/login/", timeout=timeout_seconds)
    except requests.RequestException:
        return False
    return response.status_code == requests.codes.ok


def wait_until_ready(base_url: str, *, deadline_seconds: float) -> None:
    """Return when the server is ready; TimeoutError when it is not in time."""
    end = time.monotonic() + deadline_seconds
    while not is_ready(base_url):
        if time.monotonic() > end:
            raise TimeoutError(
                f"Superset at {base_url} was not ready after {deadline_seconds:.0f} s: see its log"
            )
        time.sleep(0.3)
