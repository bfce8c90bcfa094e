"""One running `revlake demo` for all end-to-end tests, at a tenth of its company's size."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import requests

from ingestion.sandbox.company.simulation import simulate
from ingestion.sandbox.company.tables import Company
from orchestration.logins import Login, logins, read_secrets
from orchestration.query import served
from orchestration.settings import Settings, child_environment, load_settings
from semantic.superset_server import ADMIN_USERNAME
from tests import forked
from tests.made_once import give_manifest
from tests.paths import PROJECT
from tests.ports import free_port_base

REVLAKE = Path(sys.executable).parent / "revlake"
LOADED = (
    "orchestration.cli", "orchestration.refresh", "orchestration.definitions",
    "orchestration.registry", "ingestion.quality", "great_expectations", "mlflow",
    "dbt_metricflow.cli.main",
)  # fmt: skip
SEED, SCALE = 7, 0.1
NOW = "2026-11-18T15:00:00Z"
DEMO_SECONDS = 480


def revlake(arguments: Sequence[str]) -> None:
    """The command, as its script calls it."""
    from orchestration.cli import main

    main()


@dataclass
class Stack:
    """A data directory with its services up, and how to talk to them."""

    settings: Settings
    environment: dict[str, str]
    sessions: dict[str, requests.Session] = field(default_factory=dict)

    def revlake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = forked.run(revlake, arguments, self.environment)
        if check and done.returncode:
            raise AssertionError(f"revlake {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}")
        return done

    def status(self) -> dict[str, Any]:
        return json.loads(self.revlake("status", "--json").stdout)

    def now(self) -> datetime:
        answer = requests.get(f"{self.settings.sandbox_url}/_sandbox/clock", timeout=30)
        return datetime.fromisoformat(answer.json()["now"])

    def company(self) -> Company:
        """The company once more, from its seed: what the sandbox shows through the APIs."""
        return simulate(SEED, SCALE, until=self.now(), **_start(self.settings))

    def login(self, role: str) -> Login:
        if role == ADMIN_USERNAME:
            return Login(role, ADMIN_USERNAME, "Administrator")
        return next(
            login for login in logins(served(self.settings.paths.serving)) if login.role == role
        )

    def password(self, role: str) -> str:
        secrets = read_secrets(self.settings)
        if role == ADMIN_USERNAME:
            return secrets.superset_admin_password
        return secrets.login_passwords[role]

    @cached_property
    def datasets(self) -> dict[str, int]:
        """Id by name, asked as the admin: who may query a dataset need not be able to list them."""
        answer = self.superset(ADMIN_USERNAME).get(
            f"{self.settings.url('superset')}/api/v1/dataset/",
            params={"q": "(page_size:100,columns:!(id,table_name))"},
            timeout=60,
        )
        answer.raise_for_status()
        return {row["table_name"]: row["id"] for row in answer.json()["result"]}

    def signed_in(self, role: str) -> requests.Session:
        """One session as `role` for all who ask shortly one after the other."""
        if role not in self.sessions:
            self.sessions[role] = self.superset(role)
        return self.sessions[role]

    def superset(self, role: str) -> requests.Session:
        """A session that is signed in with a token, as `role`; the token holds for minutes."""
        session = requests.Session()
        base = self.settings.url("superset")
        answer = session.post(
            f"{base}/api/v1/security/login",
            json={
                "username": self.login(role).username,
                "password": self.password(role),
                "provider": "db",
            },
            timeout=60,
        )
        answer.raise_for_status()
        session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        csrf = session.get(f"{base}/api/v1/security/csrf_token/", timeout=60)
        session.headers["X-CSRFToken"] = csrf.json()["result"]
        session.headers["Referer"] = base
        return session


def _start(settings: Settings) -> dict[str, datetime]:
    state = json.loads((settings.paths.sandbox / "sandbox.json").read_text("utf-8"))
    return {"start": datetime.fromisoformat(state["start"])}


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    data = tmp_path_factory.mktemp("stack") / "data"
    environment = {
        **os.environ,
        "REVLAKE_DATA": str(data),
        "REVLAKE_PORT_BASE": str(free_port_base()),
        "REVLAKE_SIMULATION__SEED": str(SEED),
        "REVLAKE_SIMULATION__SCALE": str(SCALE),
        "REVLAKE_SIMULATION__NOW": NOW,
        "REVLAKE_SIMULATION__FROZEN": "true",
        "REVLAKE_SCHEDULES__HOURLY": "0 0 1 1 *",
        "REVLAKE_SCHEDULES__NIGHTLY": "0 0 1 1 *",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        running = Stack(load_settings(), environment)
    give_manifest(running.settings)
    forked.load(LOADED, child_environment(running.settings))
    log = data.parent / "demo.log"
    with log.open("wb") as output:
        demo = subprocess.Popen(
            [str(REVLAKE), "demo"],
            env=environment, cwd=PROJECT, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    try:
        _wait_until_it_runs(demo, log)
        yield running
    finally:
        running.revlake("down", check=False)
        demo.wait(timeout=60)


def _wait_until_it_runs(demo: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + DEMO_SECONDS
    while b"Ctrl-C stops everything" not in log.read_bytes():
        if demo.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"revlake demo:\n{log.read_text('utf-8')}")
        time.sleep(0.5)
