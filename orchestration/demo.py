"""`revlake demo`: the whole house with one command, from nothing to checked dashboards."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from orchestration import services
from orchestration.console import shown_refresh, waiting
from orchestration.dashboards import deploy_dashboards, is_deployed
from orchestration.headline import headline
from orchestration.logins import logins, read_secrets
from orchestration.query import served
from orchestration.settings import Settings
from orchestration.status import dashboards

SERVICE_TITLES = {
    "sandbox": "simulating the company behind the vendors' APIs",
    "superset": "waiting for Superset",
    "code_server": "waiting for Dagster's code server",
    "webserver": "waiting for the Dagster UI",
    "daemon": "waiting for Dagster's daemon",
}


@dataclass
class Outcome:
    """What each part took in seconds, and what went wrong without ending the demo."""

    seconds: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def run_demo(settings: Settings, console: Console) -> Outcome:
    """Bring everything up, refresh, deploy and check. The services end with this process."""
    outcome = Outcome()
    read_secrets(settings)
    wanted = services.wanted(settings)
    with _timed(outcome, "start"), waiting(console, "starting the services"):
        settings.paths.create()
        settings.paths.hold.write_text(str(os.getpid()), encoding="utf-8")
        services.start(settings, wanted, for_process=os.getpid())
    if "sandbox" in wanted:
        _wait(outcome, settings, console, "sandbox")
    with _timed(outcome, "nightly refresh"):
        done = shown_refresh(console, settings, "nightly")
    settings.paths.hold.unlink()
    outcome.seconds |= {f"  {step}": seconds for step, seconds in done.timings().items()}
    outcome.problems += [f"check failed: {check}" for check in done.failed_checks]
    for service in wanted:
        _wait(outcome, settings, console, service)
    if not is_deployed(settings):
        with _timed(outcome, "dashboards"), waiting(console, "deploying the dashboards"):
            outcome.problems += deploy_dashboards(settings).problems
    shown = dashboards(settings.paths.superset)
    if not shown:
        outcome.problems.append("no dashboard was deployed")
    return outcome


def tables(settings: Settings, outcome: Outcome) -> Iterator[Table]:
    """Addresses and logins, headline numbers, and what took how long."""
    release = served(settings.paths.serving)
    places = Table(title="Open it", title_justify="left", show_header=False)
    places.add_row("Superset", settings.url("superset"))
    places.add_row("Dagster", settings.url("dagster"))
    if "sandbox" in services.wanted(settings):
        places.add_row("Sandbox", settings.sandbox_url)
    places.add_row("Data", str(settings.data))
    yield places
    yield login_table(settings)
    numbers = Table(title=f"Release {release.id}", title_justify="left", show_header=False)
    for name, value in headline(release, currency=settings.company.currency).items():
        numbers.add_row(name, value)
    for slug, charts in dashboards(settings.paths.superset).items():
        numbers.add_row(
            f"Dashboard {slug}", f"{charts['charts']} charts, {charts['failed']} failed"
        )
    yield numbers
    times = Table("part", "seconds", title="Time", title_justify="left")
    for part, seconds in outcome.seconds.items():
        times.add_row(part, f"{seconds:.1f}")
    yield times


def login_table(settings: Settings) -> Table:
    """Who may sign in to Superset, with the passwords of this data directory."""
    secrets = read_secrets(settings)
    people = Table("role", "user name", "password", title="Superset logins", title_justify="left")
    people.add_row("admin", "admin", secrets.superset_admin_password)
    for login in logins(served(settings.paths.serving)):
        people.add_row(login.role, login.username, secrets.login_passwords[login.role])
    return people


def _wait(outcome: Outcome, settings: Settings, console: Console, service: str) -> None:
    with _timed(outcome, service), waiting(console, SERVICE_TITLES[service]):
        services.wait_until_up(settings, service)


@contextmanager
def _timed(outcome: Outcome, part: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        outcome.seconds[part] = round(time.monotonic() - began, 1)
