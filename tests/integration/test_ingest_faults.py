"""What a landing survives: kill -9 anywhere, packages that cannot be loaded, two runs at once."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from dlt.common.destination.exceptions import DestinationTerminalException
from dlt.destinations.impl.filesystem.filesystem import DeltaLoadFilesystemJob

from ingestion.landing import LandingError
from tests.integration.landed import land_records, records
from tests.paths import PROJECT

ROWS = 1500
TABLES = ("deals", "calls", "visits")


def start(root: Path, count: int, moment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.integration.landed"]
    arguments = [str(root / "lake"), str(root / "state"), str(count), moment]
    return subprocess.Popen([*command, *arguments], cwd=PROJECT, stderr=subprocess.PIPE)


def ids(root: Path, name: str) -> list[str]:
    table = DeltaTable(str(root / "lake" / "raw" / "acme" / name)).to_pyarrow_table()
    return sorted(table["id"].to_pylist(), key=int)


def all_ids(count: int) -> list[str]:
    return [str(number) for number in range(count)]


@pytest.mark.parametrize("moment", ["extract", "before_commit", "after_commit"])
def test_killed_landing_loses_and_doubles_nothing(tmp_path: Path, moment: str) -> None:
    land_records(tmp_path / "lake", tmp_path / "state", records(ROWS))
    killed = start(tmp_path, 2 * ROWS, moment)
    assert killed.wait(120) == -signal.SIGKILL
    land_records(tmp_path / "lake", tmp_path / "state", records(2 * ROWS))
    for name in TABLES:
        assert ids(tmp_path, name) == all_ids(2 * ROWS)


@pytest.mark.parametrize("moment", ["extract", "before_commit", "after_commit"])
def test_killed_first_landing_loses_and_doubles_nothing(tmp_path: Path, moment: str) -> None:
    assert start(tmp_path, ROWS, moment).wait(120) == -signal.SIGKILL
    land_records(tmp_path / "lake", tmp_path / "state", records(ROWS))
    for name in TABLES:
        assert ids(tmp_path, name) == all_ids(ROWS)


def test_landing_killed_at_random_moments_ends_up_complete(tmp_path: Path) -> None:
    for attempt in range(4):
        running = start(tmp_path, ROWS, "never")
        time.sleep(2.0 + 0.4 * attempt)
        running.kill()
        running.wait(30)
    land_records(tmp_path / "lake", tmp_path / "state", records(ROWS))
    for name in TABLES:
        assert ids(tmp_path, name) == all_ids(ROWS)


def test_folder_left_by_a_run_killed_at_its_very_start_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "lake" / "raw" / "acme").mkdir(parents=True)
    land_records(tmp_path / "lake", tmp_path / "state", records(10))
    assert ids(tmp_path, "deals") == all_ids(10)


def test_two_processes_at_once_land_once(tmp_path: Path) -> None:
    both = [start(tmp_path, ROWS, "never") for _ in range(2)]
    codes = sorted(process.wait(120) for process in both)
    said = b"".join(process.stderr.read() for process in both if process.stderr)
    assert ids(tmp_path, "deals") == all_ids(ROWS)
    assert codes == [0, 0] or b"LandingLocked: acme: another landing is running in process" in said


def break_loads(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    commit = DeltaLoadFilesystemJob.run
    broken: list[int] = []

    def run(self: Any) -> None:
        if len(broken) < times:
            broken.append(1)
            raise DestinationTerminalException("this package is poison")
        commit(self)

    monkeypatch.setattr(DeltaLoadFilesystemJob, "run", run)


def test_package_that_fails_is_set_aside_and_the_run_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_loads(monkeypatch, times=1)
    report = land_records(tmp_path / "lake", tmp_path / "state", records(ROWS))
    assert report.quarantined is not None
    assert list(Path(report.quarantined).rglob("*.parquet"))
    for name in TABLES:
        assert ids(tmp_path, name) == all_ids(ROWS)


def test_package_that_always_fails_is_an_error_and_does_not_block_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as poisoned:
        break_loads(poisoned, times=1000)
        with pytest.raises(LandingError, match=r"could not be loaded twice; copy in .*quarantine"):
            land_records(tmp_path / "lake", tmp_path / "state", records(ROWS))
    land_records(tmp_path / "lake", tmp_path / "state", records(ROWS + 1))
    for name in TABLES:
        assert ids(tmp_path, name) == all_ids(ROWS + 1)
