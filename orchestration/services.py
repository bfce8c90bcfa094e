"""Start, stop and look at the services: sandbox, Superset, and Dagster's three.

Dagster's code server alone loads the project; its web server and its daemon ask it.

A supervisor (supervisord) keeps them running; its configuration and process ids lie in <data>/run,
the logs in <data>/logs. Starting what runs already changes nothing.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import psutil

from orchestration import code_server
from orchestration.errors import RevlakeError
from orchestration.paths import PROJECT
from orchestration.serve import SERVICE_VARIABLE
from orchestration.settings import LOOPBACK, Settings, child_environment

ALL = ("sandbox", "superset", "code_server", "webserver", "daemon")
READY_SECONDS = {
    "sandbox": 300.0,
    "superset": 600.0,
    "code_server": 300.0,
    "webserver": 300.0,
    "daemon": 300.0,
}
# The supervisor waits this long for a service to stop before it kills it.
STOP_SECONDS = 10
POLL_SECONDS = 0.25
STARTED_BY_HAND = {"watch_parent"}


class ServiceError(RevlakeError):
    """A service cannot be started or does not answer; the message names its log."""


def wanted(settings: Settings) -> tuple[str, ...]:
    """The services of this installation: no sandbox when the vendors are the real ones."""
    if settings.sources.vendor_mode == "live":
        return tuple(name for name in ALL if name != "sandbox")
    return ALL


def port_of(settings: Settings, service: str) -> int | None:
    return {
        "sandbox": settings.ports.sandbox,
        "superset": settings.ports.superset,
        "code_server": settings.ports.code_server,
        "webserver": settings.ports.dagster,
    }.get(service)


def start(settings: Settings, services: Sequence[str], *, for_process: int | None = None) -> None:
    """Start the services, or nothing if they run. With `for_process`, they end when it ends.

    Raises ServiceError naming the holder of a busy port.
    """
    settings.paths.create()
    running = supervisor(settings)
    if running is not None and set(_configured(settings)) >= set(services):
        return
    if running is not None:
        stop(settings)
    stop_leftovers(settings)
    for service in services:
        _require_free_port(settings, service)
    if settings.port_base is not None:
        settings.paths.port_base.write_text(str(settings.port_base), encoding="utf-8")
    config = _config_file(settings)
    config.write_text(_configuration(settings, services, for_process), encoding="utf-8")
    command = [str(Path(sys.executable).parent / "supervisord"), "-c", str(config)]
    environment = {**os.environ, **child_environment(settings)}
    done = subprocess.run(
        command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ServiceError(f"the supervisor did not start: {done.stderr.strip() or done.stdout}")
    deadline = time.monotonic() + 10
    while supervisor(settings) is None:
        if time.monotonic() > deadline:
            raise ServiceError(
                f"the supervisor stopped at once: see {_log(settings, 'supervisord')}"
            )
        time.sleep(POLL_SECONDS)


def stop(settings: Settings) -> bool:
    """Stop all services of this data directory. Returns whether there were any."""
    running = supervisor(settings)
    if running is None:
        return stop_leftovers(settings)
    children = running.children(recursive=True)
    running.send_signal(signal.SIGTERM)
    _, alive = psutil.wait_procs([running], timeout=2.0 * STOP_SECONDS)
    _, orphans = psutil.wait_procs(children, timeout=1.0)
    for process in (*alive, *orphans):
        process.kill()
    stop_leftovers(settings)
    _config_file(settings).unlink(missing_ok=True)
    settings.paths.hold.unlink(missing_ok=True)
    return True


def stop_leftovers(settings: Settings) -> bool:
    """Stop processes of this data directory's services that outlived who started them."""
    left = [process for process in psutil.process_iter() if _is_ours(process, settings)]
    for process in left:
        process.terminate()
    _, alive = psutil.wait_procs(left, timeout=STOP_SECONDS)
    for process in alive:
        process.kill()
    return bool(left)


def supervisor(settings: Settings) -> psutil.Process | None:
    """The supervisor of this data directory, if it runs; a stale pid file counts as none."""
    file = _pid_file(settings)
    try:
        process = psutil.Process(int(file.read_text(encoding="utf-8")))
        if str(_config_file(settings)) in process.cmdline():
            return process if process.status() != psutil.STATUS_ZOMBIE else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
        return None
    return None


def is_up(settings: Settings, service: str) -> bool:
    """Whether a person or a program could use the service now."""
    if service == "daemon":
        return _daemon_runs(settings)
    if service == "code_server":
        return code_server.is_up(settings)
    path = {"sandbox": "/_sandbox/health", "superset": "/login/", "webserver": "/server_info"}
    address = "sandbox" if service == "sandbox" else service.replace("webserver", "dagster")
    try:
        answer = httpx.get(settings.url(address) + path[service], timeout=5.0)
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK


def probe(settings: Settings) -> dict[str, bool]:
    return {service: is_up(settings, service) for service in wanted(settings)}


def wait_until_up(
    settings: Settings, service: str, *, tick: Callable[[], None] = lambda: None
) -> float:
    """Wait for a service; returns the seconds. Raises ServiceError with the end of its log."""
    began = time.monotonic()
    while not is_up(settings, service):
        waited = time.monotonic() - began
        if supervisor(settings) is None:
            raise ServiceError(f"the supervisor is gone: see {_log(settings, 'supervisord')}")
        if waited > READY_SECONDS[service]:
            raise ServiceError(
                f"{service} did not answer in {waited:.0f} s: {_log(settings, service)}\n"
                f"{_tail(_log(settings, service))}"
            )
        tick()
        time.sleep(POLL_SECONDS)
    return time.monotonic() - began


def holder_of_port(port: int) -> str | None:
    """Who listens on a port, as far as this user may know."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        if connection.laddr and connection.laddr.port == port and connection.status == "LISTEN":
            if connection.pid is None:
                return None
            process = psutil.Process(connection.pid)
            return f"process {process.pid} ({' '.join(process.cmdline()[:4]) or process.name()})"
    return None


def _require_free_port(settings: Settings, service: str) -> None:
    port = port_of(settings, service)
    if port is None:
        return
    bind = LOOPBACK if service == "code_server" else settings.ports.bind
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe_socket:
        probe_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe_socket.bind((bind, port))
        except OSError as error:
            who = holder_of_port(port) or "another process"
            raise ServiceError(
                f"port {port} for {service} is taken by {who} ({error.strerror}). Stop it, or "
                "choose other ports: `--port-base 21000`, or [ports] in revlake.toml"
            ) from None


def _configuration(settings: Settings, services: Sequence[str], for_process: int | None) -> str:
    """supervisord's own format; a % must be doubled in it."""
    parts = [
        "[supervisord]\n"
        f"logfile={_escaped(_log(settings, 'supervisord'))}\n"
        f"pidfile={_escaped(_pid_file(settings))}\n"
        f"directory={_escaped(PROJECT)}\n"
        f"childlogdir={_escaped(settings.paths.logs)}\n"
        "logfile_maxbytes=5MB\nlogfile_backups=1\nminfds=1024\nstrip_ansi=true\n"
    ]
    if os.geteuid() == 0:
        parts[0] += "user=root\n"
    python = _escaped(Path(sys.executable))
    programs = {name: f"{python} -m orchestration.serve {name}" for name in services}
    if for_process is not None:
        programs["watch_parent"] = f"{python} -m orchestration.watch_parent {for_process}"
    # As members of one group they are stopped all at once, not one after another.
    parts.append(f"[group:revlake]\nprograms={','.join(programs)}\n")
    for name, command in programs.items():
        parts.append(
            f"[program:{name}]\n"
            f"command={command}\n"
            f"directory={_escaped(PROJECT)}\n"
            f"stdout_logfile={_escaped(_log(settings, name))}\n"
            "redirect_stderr=true\nstdout_logfile_maxbytes=10MB\nstdout_logfile_backups=2\n"
            "autostart=true\nautorestart=unexpected\nstartsecs=2\nstartretries=3\n"
            f"stopasgroup=true\nkillasgroup=true\nstopwaitsecs={STOP_SECONDS}\n"
        )
    return "\n".join(parts)


def _configured(settings: Settings) -> list[str]:
    text = _config_file(settings).read_text(encoding="utf-8")
    names = [
        line.removeprefix("[program:").rstrip("]")
        for line in text.splitlines()
        if line.startswith("[program:")
    ]
    return [name for name in names if name not in STARTED_BY_HAND]


def _is_ours(process: psutil.Process, settings: Settings) -> bool:
    try:
        environment = process.environ()
    except (psutil.Error, OSError):
        return False
    return (
        SERVICE_VARIABLE in environment
        and environment.get("REVLAKE_DATA") == str(settings.data)
        and process.pid != os.getpid()
    )


def _daemon_runs(settings: Settings) -> bool:
    running = supervisor(settings)
    if running is None:
        return False
    try:
        return any("dagster-daemon" in " ".join(child.cmdline()) for child in running.children())
    except psutil.Error:
        return False


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")


def _pid_file(settings: Settings) -> Path:
    return settings.paths.run / "supervisord.pid"


def _config_file(settings: Settings) -> Path:
    return settings.paths.run / "supervisord.conf"


def _log(settings: Settings, name: str) -> Path:
    return settings.paths.logs / f"{name}.log"


def _tail(file: Path, lines: int = 15) -> str:
    if not file.exists():
        return "(no log)"
    return "\n".join(file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
