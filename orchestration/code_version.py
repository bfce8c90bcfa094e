"""Which code built a release: the package's version, and the commit if there is one."""

import subprocess
from importlib import metadata

from orchestration.paths import PROJECT


def code_version() -> str:
    """`0.1.0+3f2c1ab`, `.dirty` when files differ from the commit; elsewhere the version alone."""
    version = metadata.version("revlake")
    if not (PROJECT / ".git").exists():
        return version
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty=.dirty"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    commit = described.stdout.strip()
    return f"{version}+{commit}" if described.returncode == 0 and commit else version
