"""A real Superset over a small served release: started once, shared by every test of a run.

Ask for the fixture `superset`.
"""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from semantic import push, roles
from semantic.superset_api import Api, connect
from semantic.superset_server import (
    ADMIN_USERNAME,
    serve_command,
    server_environment,
    wait_until_ready,
)
from tests.superset_assets import write_assets

ROOT = Path(__file__).parent.parent
VENV = ROOT / ".venv-superset"
PASSWORD = "test-Passw0rd-of-the-server"
REPS = ("ada@example.com", "ben@example.com", "cleo@example.com", "dan@example.com")
MANAGERS = {REPS[0]: "max@example.com", REPS[1]: "max@example.com"} | {
    REPS[2]: "mia@example.com",
    REPS[3]: "mia@example.com",
}
DEALS_A_REP = 25


@dataclass(frozen=True)
class RunningSuperset:
    """The server, its addresses and its folders."""

    base_url: str
    serving_dir: Path
    assets_dir: Path
    home: Path
    reports: list[push.DeployReport] = field(default_factory=list)

    @property
    def serving_url(self) -> str:
        return f"duckdb:///{self.serving_dir}/current/lakehouse.duckdb"

    @property
    def role_plan(self) -> roles.RolesSpec:
        return roles.load(ROOT / "semantic" / "superset" / "roles.yml")

    def sign_in(self, username: str = ADMIN_USERNAME, password: str = PASSWORD) -> Api:
        return connect(self.base_url, username, password)

    def deploy(self, users: Sequence[roles.UserSpec] = ()) -> push.DeployReport:
        return push.deploy(
            base_url=self.base_url,
            username=ADMIN_USERNAME,
            password=PASSWORD,
            serving_url=self.serving_url,
            assets_dir=self.assets_dir,
            roles=self.role_plan,
            users=users,
        )


def people() -> list[roles.UserSpec]:
    """Four reps, their two managers, an executive and an analyst, all with one password."""
    named = [(rep, "rep") for rep in REPS]
    named += [(manager, "manager") for manager in sorted(set(MANAGERS.values()))]
    named += [("eve@example.com", "executive"), ("ann@example.com", "analyst")]
    return [
        roles.UserSpec(mail, mail.split("@")[0].title(), "Test", (role,), PASSWORD)
        for mail, role in named
    ]


def publish(serving_dir: Path, release: str, *, amount: int) -> None:
    """Write a release in which every deal is worth `amount`, and switch to it."""
    folder = serving_dir / "releases" / release
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "lakehouse.duckdb")) as connection:
        connection.execute(_RELEASE_SQL.format(reps=_rep_values(), n=DEALS_A_REP, amount=amount))
        connection.execute("checkpoint")
    switch(serving_dir, release)


def switch(serving_dir: Path, release: str) -> None:
    """Point `current` at a release, atomically."""
    temporary = serving_dir / ".next"
    temporary.symlink_to(Path("releases") / release)
    temporary.replace(serving_dir / "current")


def _rep_values() -> str:
    return ", ".join(
        f"({number}, '{rep}', '{MANAGERS[rep]}')" for number, rep in enumerate(REPS, start=1)
    )


_RELEASE_SQL = """
create schema marts;
create table marts.dim_sales_reps as
select
    md5('rep' || number) as sales_rep_key,
    rep_username,
    split_part(rep_username, '@', 1) as rep_name,
    manager_username,
    case when number < 3 then 'EMEA' else 'APAC' end as region_name
from (values {reps}) as reps (number, rep_username, manager_username);
create table marts.fct_opportunities as
select
    md5(rep_username || '|' || number) as opportunity_key,
    reps.sales_rep_key,
    ['Qualification', 'Discovery', 'Proposal', 'Closed Won', 'Closed Lost'][number % 5 + 1]
        as stage_name,
    ['New Business', 'Expansion'][number % 2 + 1] as opportunity_type,
    {amount}::decimal(18, 2) as amount,
    date '2026-01-15' + to_months(number % 10) as close_date,
    number % 5 >= 3 as is_closed,
    number % 5 = 3 as is_won,
    (number * 7) % 60 as age_days
from marts.dim_sales_reps as reps
cross join range({n}) as numbers (number);
create table marts.fct_forecasts as
select
    date '2026-01-01' + to_months(number) as period_start_date,
    1000.0 * number as forecast_amount
from range(12) as numbers (number);
"""


@pytest.fixture(scope="session")
def superset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSuperset]:
    """A bootstrapped server with the test's dashboards, roles and people deployed."""
    root = tmp_path_factory.mktemp("superset")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = RunningSuperset(
        f"http://127.0.0.1:{port}", root / "serving", root / "assets", root / "home"
    )
    publish(running.serving_dir, "first", amount=100)
    write_assets(running.assets_dir)
    environment = os.environ | server_environment(
        home=running.home,
        serving_dir=running.serving_dir,
        port=port,
        secret_key="test-key-" * 6,
        admin_password=PASSWORD,
    )
    log = root / "server.log"
    with log.open("wb") as sink:
        server = subprocess.Popen(
            serve_command(VENV, port),
            env=environment,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        wait_until_ready(running.base_url, deadline_seconds=300)
        running.reports.append(running.deploy(people()))
        yield running
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(timeout=30)
