"""dbt's manifest, parsed once for each state of the project and kept in the data directory."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from orchestration.errors import RevlakeError
from orchestration.paths import PROJECT
from orchestration.settings import Settings

DBT_PROJECT = PROJECT / "dbt_project"
METRICS = PROJECT / "semantic" / "metrics"
PARSED_SUFFIXES = {".sql", ".yml", ".yaml", ".csv", ".py", ".md"}
KEPT_STATES = 3


class ManifestError(RevlakeError):
    """dbt could not parse the project; the message is dbt's own."""


def dbt_command(*arguments: str) -> list[str]:
    """dbt in a process of its own."""
    return [sys.executable, "-m", "orchestration.dbt_process", *arguments]


def dbt_environment(settings: Settings) -> dict[str, str]:
    """What dbt is told by the settings."""
    return {**_parsed_environment(settings), "REVLAKE_LAKE_URL": str(settings.paths.lake)}


def _parsed_environment(settings: Settings) -> dict[str, str]:
    """What the manifest depends on: not on the data directory, so that one may move."""
    return {
        "REVLAKE_SOURCES": ",".join(settings.sources_on()),
        "REVLAKE_CURRENCY": settings.company.currency,
        "REVLAKE_FISCAL_YEAR_START_MONTH": str(settings.company.fiscal_year_start_month),
        "REVLAKE_TIME_ZONE": settings.company.time_zone,
        "DBT_PROFILES_DIR": str(DBT_PROJECT),
        "DBT_PROJECT_DIR": str(DBT_PROJECT),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_VERSION_CHECK": "false",
    }


def project_hash(settings: Settings) -> str:
    """Changes with every file that dbt reads and every setting that it is told."""
    digest = hashlib.sha256()
    for name, value in sorted(_parsed_environment(settings).items()):
        digest.update(f"{name}={value}\0".encode())
    for root in (DBT_PROJECT, METRICS):
        for file in sorted(root.rglob("*")):
            inside = file.relative_to(root).parts
            if file.suffix in PARSED_SUFFIXES and not {"target", "logs"} & set(inside):
                digest.update(str(file.relative_to(PROJECT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def parsed_directory(settings: Settings) -> Path:
    """The directory with manifest.json and dbt's own parse cache; parses if there is none yet."""
    settings.paths.create()
    parsed = settings.paths.dbt / "parsed"
    target = parsed / project_hash(settings)
    if (target / "manifest.json").is_file():
        return target
    parsed.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parsed, prefix=".parsing-") as folder:
        work = Path(folder) / "target"
        work.mkdir()
        _parse(settings, work)
        try:
            work.rename(target)
        except OSError:
            if not (target / "manifest.json").is_file():
                raise
    _forget_old(parsed)
    return target


def _parse(settings: Settings, target: Path) -> None:
    environment = {
        **os.environ,
        **dbt_environment(settings),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        "REVLAKE_RELEASE_DIR": str(target / "release"),
    }
    done = subprocess.run(
        dbt_command("--quiet", "parse"),
        cwd=DBT_PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ManifestError(
            f"dbt parse failed in {DBT_PROJECT}:\n{done.stdout}{done.stderr}".strip()
        )
    shutil.rmtree(target / "release", ignore_errors=True)


def _forget_old(parsed: Path) -> None:
    """Keep the newest states; a parse that was killed leaves a folder that goes with the oldest."""
    states = list(parsed.iterdir())
    for path in sorted(states, key=lambda path: path.stat().st_mtime)[:-KEPT_STATES]:
        shutil.rmtree(path, ignore_errors=True)
