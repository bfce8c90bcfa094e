"""A landing tells nobody but the vendor that it runs."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.paths import PROJECT


def test_a_landing_sends_no_telemetry(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as collector:
        collector.setblocking(False)
        endpoint = f"http://127.0.0.1:{collector.getsockname()[1]}/collect"
        bare = {name: value for name, value in os.environ.items() if "TELEMETRY" not in name}
        program = [sys.executable, "-m", "tests.integration.landed"]
        subprocess.run(
            [*program, str(tmp_path / "lake"), str(tmp_path / "state"), "10", "never"],
            cwd=PROJECT,
            env={**bare, "RUNTIME__DLTHUB_TELEMETRY_ENDPOINT": endpoint},
            check=True,
            timeout=120,
        )
        try:
            collector.accept()[0].close()
            was_told = True
        except BlockingIOError:
            was_told = False
    assert (tmp_path / "lake" / "raw" / "acme" / "deals").is_dir()
    assert not was_told
