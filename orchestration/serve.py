"""Become one of the services: `python -m orchestration.serve NAME`, a name of SERVICES below.

The supervisor starts services through this module, so that secrets reach a service by its
environment alone: they are in no command line and in no configuration file of the supervisor.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from orchestration import code_server
from orchestration.dagster_home import prepare
from orchestration.settings import Settings, load_settings

POLL_SECONDS = 0.5
SERVICE_VARIABLE = "REVLAKE_SERVICE"


def sandbox_command(settings: Settings) -> list[str]:
    """The sandbox on its port, over its state in the data directory."""
    command = [
        sys.executable,
        "-m",
        "ingestion.sandbox",
        "--port",
        str(settings.ports.sandbox),
        "--seed",
        str(settings.simulation.seed),
        "--scale",
        str(settings.simulation.scale),
        "--state-dir",
        str(settings.paths.sandbox),
    ]
    if settings.simulation.now:
        command += ["--now", settings.simulation.now.isoformat()]
    if settings.simulation.frozen:
        command += ["--frozen"]
    return command


def _sandbox(settings: Settings) -> None:
    _become(sandbox_command(settings), {})


def _superset(settings: Settings) -> None:
    from orchestration.logins import read_secrets
    from semantic.superset_server import serve_command, server_environment

    secrets = read_secrets(settings)
    environment = server_environment(
        home=settings.paths.superset,
        serving_dir=settings.paths.serving,
        port=settings.ports.superset,
        secret_key=secrets.superset_secret_key,
        admin_password=secrets.superset_admin_password,
        metadata_url=os.environ.get("REVLAKE_SUPERSET_METADATA_URL"),
        redis_url=os.environ.get("REVLAKE_SUPERSET_REDIS_URL"),
        public_url=os.environ.get("REVLAKE_SUPERSET_PUBLIC_URL"),
    )
    _become(
        serve_command(settings.superset_venv, settings.ports.superset, settings.ports.bind),
        environment,
    )


def _code_server(settings: Settings) -> None:
    _wait_for_turn(settings)
    from orchestration.stale_runs import mark_stale_runs

    mark_stale_runs(settings)
    port = str(settings.ports.code_server)
    _become([sys.executable, "-m", "orchestration.code_server", port], {})


def _webserver(settings: Settings) -> None:
    _wait_for_code_server(settings)
    program = str(Path(sys.executable).parent / "dagster-webserver")
    workspace = ["-w", str(settings.paths.workspace)]
    address = ["-h", settings.ports.bind, "-p", str(settings.ports.dagster)]
    _become([program, *workspace, *address, "--suppress-warnings"], {})


def _daemon(settings: Settings) -> None:
    _wait_for_code_server(settings)
    program = str(Path(sys.executable).parent / "dagster-daemon")
    _become([program, "run", "-w", str(settings.paths.workspace)], {})


SERVICES: Mapping[str, Callable[[Settings], None]] = {
    "sandbox": _sandbox,
    "superset": _superset,
    "code_server": _code_server,
    "webserver": _webserver,
    "daemon": _daemon,
}


def _wait_for_turn(settings: Settings) -> None:
    """Hold back while a first refresh needs the machine; its process may die without a word."""
    while settings.paths.hold.is_file():
        text = settings.paths.hold.read_text(encoding="utf-8")
        if not text.isdigit() or not psutil.pid_exists(int(text)):
            return
        time.sleep(POLL_SECONDS)


def _wait_for_code_server(settings: Settings) -> None:
    """Start with the project at hand; later on Dagster copes with a code server that restarts."""
    while not code_server.is_up(settings):
        time.sleep(POLL_SECONDS)


def _become(command: list[str], environment: Mapping[str, str]) -> None:
    sys.stdout.flush()
    os.execve(command[0], command, {**os.environ, **environment})


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in SERVICES:
        raise SystemExit(f"usage: python -m orchestration.serve {'|'.join(SERVICES)}")
    settings = load_settings()
    prepare(settings)
    os.environ[SERVICE_VARIABLE] = name
    SERVICES[name](settings)


if __name__ == "__main__":
    main()
