"""The dashboards in Superset: deployed from the repository, checked, and pulled back into it."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import requests

from orchestration import services
from orchestration.dbt_manifest import parsed_directory
from orchestration.errors import RevlakeError
from orchestration.logins import Login, logins, read_secrets
from orchestration.paths import PROJECT
from orchestration.query import served
from orchestration.settings import Settings
from orchestration.status import DEPLOY_REPORT

ASSETS = PROJECT / "semantic" / "superset" / "assets"
SERVED_DATABASE = "current/lakehouse.duckdb"


class DashboardsError(RevlakeError):
    """Dashboards were not deployed, or a chart of theirs fails; the message names them."""


@dataclass(frozen=True)
class Deployment:
    """The release it was checked on, and per dashboard its charts and how many of them failed."""

    release: str
    deployed_at: str
    dashboards: dict[str, dict[str, int]]
    problems: list[str]


def serving_url(settings: Settings) -> str:
    return f"duckdb:///{settings.paths.serving / SERVED_DATABASE}"


def slugs() -> list[str]:
    """The dashboards of the repository."""
    return sorted(file.stem for file in (ASSETS / "dashboards").glob("*.yaml"))


def deploy_dashboards(settings: Settings) -> Deployment:
    """Deploy all dashboards, roles and demo logins; check every chart. Raises DashboardsError."""
    from semantic.bundle import build_bundle
    from semantic.compile import CompileError
    from semantic.push import DeployError, deploy
    from semantic.roles import UserSpec, load
    from semantic.superset_server import ADMIN_USERNAME

    if not services.is_up(settings, "superset"):
        raise DashboardsError(
            f"Superset does not answer at {settings.url('superset')}: start it with `revlake up`"
        )
    release = served(settings.paths.serving)
    secrets = read_secrets(settings)
    people = [_user(login, secrets.login_passwords[login.role]) for login in logins(release)]
    try:
        report = deploy(
            base_url=settings.url("superset"),
            username=ADMIN_USERNAME,
            password=secrets.superset_admin_password,
            serving_url=serving_url(settings),
            assets_dir=build_bundle(
                assets_dir=ASSETS,
                manifest_dir=parsed_directory(settings),
                target=settings.paths.superset / "bundle",
                currency=settings.company.currency,
            ),
            roles=load(ASSETS.parent / "roles.yml"),
            users=[UserSpec(**person) for person in people],
        )
    except (CompileError, DeployError) as error:
        raise DashboardsError(str(error)) from error
    deployment = Deployment(
        release=release.id,
        deployed_at=datetime.now(UTC).isoformat(timespec="seconds"),
        dashboards={
            slug: {"charts": found.charts, "failed": found.failed}
            for slug, found in report.dashboards.items()
        },
        problems=[
            f"{slug}: {error}"
            for slug, found in report.dashboards.items()
            for error in found.errors
        ],
    )
    _remember(settings, deployment)
    return deployment


def pull_dashboards(settings: Settings) -> Iterator[str]:
    """Write what Superset holds into the repository; one line a file that changed."""
    from semantic.compile import CompileError, compile_datasets, load_manifests
    from semantic.pull import PullError, pull
    from semantic.superset_api import ApiError
    from semantic.superset_server import ADMIN_USERNAME

    try:
        compiled = compile_datasets(*load_manifests(parsed_directory(settings)))
        report = pull(
            base_url=settings.url("superset"),
            username=ADMIN_USERNAME,
            password=read_secrets(settings).superset_admin_password,
            assets_dir=ASSETS,
            compiled={dataset.uuid for dataset in compiled},
        )
    except (CompileError, PullError, ApiError, requests.RequestException) as error:
        raise DashboardsError(f"nothing was pulled from Superset: {error}") from error
    yield from (f"written {name}" for name in report.written)
    yield from (f"removed {name}" for name in report.removed)
    if not report.written and not report.removed:
        yield "nothing changed"


def is_deployed(settings: Settings) -> bool:
    """Whether the served release's dashboards have been deployed and checked."""
    file = settings.paths.superset / DEPLOY_REPORT
    if not file.exists():
        return False
    deployed_on = json.loads(file.read_text(encoding="utf-8"))["release"]
    return bool(deployed_on == served(settings.paths.serving).id)


def _remember(settings: Settings, deployment: Deployment) -> None:
    file = settings.paths.superset / DEPLOY_REPORT
    temporary = file.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(asdict(deployment), indent=2) + "\n", encoding="utf-8")
    temporary.replace(file)


def _user(login: Login, password: str) -> dict[str, Any]:
    first, _, last = login.name.partition(" ")
    return {
        "email": login.username,
        "first": first,
        "last": last or login.role.title(),
        "roles": (login.role,),
        "password": password,
    }
