"""The code server as a process: it serves the project, and does not outlive what it is for."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml
from dagster._grpc.client import DagsterGrpcClient

from orchestration import code_server, dagster_home
from orchestration.settings import Settings, child_environment, load_settings
from tests.made_once import give_manifest
from tests.paths import PROJECT
from tests.ports import free_port_base

LONGEST_SECONDS = 300.0


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    before = dict(os.environ)
    try:
        made = load_settings(data=tmp_path, port_base=free_port_base())
        dagster_home.prepare(made)
        give_manifest(made)
        yield made
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_the_workspace_leads_to_a_server_that_ends_with_the_process_that_holds_the_project(
    settings: Settings,
) -> None:
    workspace = yaml.safe_load(settings.paths.workspace.read_text(encoding="utf-8"))
    server = workspace["load_from"][0]["grpc_server"]
    assert not code_server.is_up(settings)
    with subprocess.Popen(
        [sys.executable, "-m", "orchestration.code_server", str(settings.ports.code_server)],
        env={**os.environ, **child_environment(settings)},
        cwd=PROJECT,
    ) as process:
        try:
            deadline = time.monotonic() + LONGEST_SECONDS
            while not code_server.is_up(settings):
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.1)
            client = DagsterGrpcClient(port=server["port"], host=server["host"])
            assert "orchestration.definitions" in client.list_repositories()
            for child in psutil.Process(process.pid).children():
                if "grpc" in child.cmdline():
                    child.kill()
            # An exit that the supervisor takes for unexpected, so that it starts both again.
            assert process.wait(LONGEST_SECONDS) == 1
        finally:
            process.kill()
