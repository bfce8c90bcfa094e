"""A landing tells nobody but the vendor that it runs."""

import os
import subprocess
import sys
from pathlib import Path

from tests.paths import PROJECT

# Runs the program that lands with a hook that tells of every look at the network.
WATCHED = """
import runpy, sys
WATCH = {"socket.getaddrinfo", "socket.connect"}
sys.addaudithook(lambda event, told: event in WATCH and print(event, told, file=sys.stderr))
sys.argv[0] = "landed"
runpy.run_module("tests.integration.landed", run_name="__main__")
"""


def test_a_landing_sends_no_telemetry(tmp_path: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if "TELEMETRY" not in name}
    folders = [str(tmp_path / "lake"), str(tmp_path / "state")]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *folders, "10", "never"],
        cwd=PROJECT,
        env={**bare, "RUNTIME__DLTHUB_TELEMETRY": "true"},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (tmp_path / "lake" / "raw" / "acme" / "deals").is_dir()
    assert "socket." not in done.stderr
