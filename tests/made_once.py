"""What costs much and is the same for many tests: made by the first that asks, in any process."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from orchestration.dbt_manifest import parsed_directory, project_hash
from orchestration.settings import Settings

_kept: list[Path] = []


def keep_in(factory: pytest.TempPathFactory) -> None:
    """From now on what is made is kept beside the temporary folders of all processes of a run."""
    base = factory.getbasetemp()
    _kept[:] = [base.parent if "PYTEST_XDIST_WORKER" in os.environ else base]


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name`, filled by `make` unless another test has done so. To be read only."""
    (root,) = _kept
    made = root / name
    with FileLock(root / f"{name}.lock"):
        if not made.exists():
            work = Path(tempfile.mkdtemp(dir=root))
            make(work)
            work.rename(made)
    return made


def give_manifest(settings: Settings) -> None:
    """dbt's manifest for a data directory: parsed in the first that has these settings."""
    target = settings.paths.dbt / "parsed" / project_hash(settings)

    def parse(folder: Path) -> None:
        shutil.copytree(parsed_directory(settings), folder, dirs_exist_ok=True)

    made = made_once(f"manifest-{target.name}", parse)
    if not target.exists():
        shutil.copytree(made, target)
