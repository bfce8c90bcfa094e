"""What is missing or misconfigured, and how to mend it."""

import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata

from orchestration import services
from orchestration.logins import ROLES
from orchestration.paths import PROJECT
from orchestration.release import ReleaseError, current
from orchestration.secrets import SecretsError, load_or_create
from orchestration.settings import Settings, SettingsError, connection
from orchestration.writer_lock import holder

NEEDED_BYTES = 3 * 10**9


@dataclass(frozen=True)
class Finding:
    """`mend` is empty when all is well; `fatal` findings keep Revlake from working."""

    what: str
    state: str
    mend: str = ""
    fatal: bool = False


def examine(settings: Settings) -> Iterator[Finding]:
    for look in LOOKS:
        yield from look(settings)


def _python(settings: Settings) -> Iterator[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    supported = (3, 11) <= sys.version_info[:2] < (3, 13)
    yield Finding(
        "Python", version, "" if supported else "install Python 3.11 or 3.12", fatal=not supported
    )
    wanted = metadata.version("duckdb")
    wheel = metadata.version("duckdb-extension-delta")
    yield Finding(
        "DuckDB and its delta extension",
        f"{wanted} and {wheel}",
        "" if wanted == wheel else f"pip install duckdb-extension-delta=={wanted}",
        fatal=wanted != wheel,
    )


def _superset(settings: Settings) -> Iterator[Finding]:
    gunicorn = settings.superset_venv / "bin" / "gunicorn"
    lock = PROJECT / "semantic" / "superset" / "server" / "requirements.lock"
    there = gunicorn.exists()
    yield Finding(
        "Superset's environment",
        str(settings.superset_venv) if there else f"{gunicorn} is missing",
        ""
        if there
        else f"python -m venv {settings.superset_venv} && "
        f"{settings.superset_venv}/bin/pip install --require-hashes -r {lock}",
        fatal=not there,
    )


def _data(settings: Settings) -> Iterator[Finding]:
    root = settings.data
    existing = next(path for path in (root, *root.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    enough = free > NEEDED_BYTES
    yield Finding(
        "Data directory",
        f"{root}, {free / 1e9:.0f} GB free",
        "" if enough else f"free {NEEDED_BYTES / 1e9:.0f} GB, or set REVLAKE_DATA elsewhere",
        fatal=not enough,
    )
    try:
        load_or_create(settings.paths.secrets, roles=ROLES)
        yield Finding("Secrets", f"{settings.paths.secrets}, for its owner alone")
    except SecretsError as error:
        yield Finding("Secrets", "unusable", str(error), fatal=True)


def _sources(settings: Settings) -> Iterator[Finding]:
    for source in settings.sources_on():
        if source == "files":
            yield Finding("Source files", "imported")
            continue
        try:
            connection(settings, source)
            yield Finding(f"Source {source}", settings.sources.vendor_mode)
        except SettingsError as error:
            yield Finding(f"Source {source}", "credentials missing", str(error), fatal=True)


def _ports(settings: Settings) -> Iterator[Finding]:
    up = services.probe(settings)
    ours = services.supervisor(settings) is not None
    for service in services.wanted(settings):
        port = services.port_of(settings, service)
        where = f"port {port}" if port else "no port"
        if up[service]:
            yield Finding(f"Service {service}", f"{where}, up")
        elif port and not ours and _is_taken(settings.ports.bind, port):
            who = services.holder_of_port(port) or "another process"
            yield Finding(
                f"Service {service}",
                f"{where}, taken by {who}",
                "stop it, or use --port-base 21000",
                fatal=True,
            )
        else:
            mend = f"see {settings.paths.logs}/{service}.log" if ours else "revlake up"
            yield Finding(f"Service {service}", f"{where}, down", mend)


def _release(settings: Settings) -> Iterator[Finding]:
    try:
        release = current(settings.paths.serving)
    except ReleaseError as error:
        yield Finding("Release", "broken link", str(error), fatal=True)
        return
    if release is None:
        yield Finding("Release", "none yet", "revlake refresh nightly")
    else:
        failed = release.manifest["checks"]["failed"]
        mend = "see `checks` in its manifest.json" if failed else ""
        yield Finding("Release", f"{release.id}, {failed} checks failed", mend)
    writer = holder(settings.paths.serving)
    if writer:
        yield Finding("Writer", str(writer))


def _is_taken(bind: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError:
            return True
    return False


LOOKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _python,
    _superset,
    _data,
    _sources,
    _ports,
    _release,
)
