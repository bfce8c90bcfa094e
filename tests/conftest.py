"""How the suite is spread over processes: what shares a server runs in one of them."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

from orchestration.garbage import collect_seldom
from tests.made_once import keep_in

pytest_plugins = ["tests.superset_server"]

# Longest first, so that the other process does the rest meanwhile.
TOGETHER = ("tests/e2e/", "tests/integration/test_superset_")
# The end-to-end tests take as long as all others together, one after the other: those give way.
FIRST, STANDS_BACK = TOGETHER[0], 5
# What it imports stays in the company; the other tests want the simulated one alone.
LAST_OF_E2E = "tests/e2e/test_files_import.py"


class SharedServers(LoadScopeScheduling):
    """Tests over one server are one piece of work; other tests go file by file."""

    def _split_scope(self, nodeid: str) -> str:
        return next(
            (prefix for prefix in TOGETHER if nodeid.startswith(prefix)), nodeid.split("::")[0]
        )


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SharedServers:
    config.option.loadscopereorder = False
    return SharedServers(config, log)


def pytest_configure() -> None:
    """What the caller's environment says of another Revlake is not meant for the tests."""
    for name in [name for name in os.environ if name.startswith("REVLAKE_")]:
        del os.environ[name]
    collect_seldom()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> tuple[int, bool]:
        found = [n for n, prefix in enumerate(TOGETHER) if item.nodeid.startswith(prefix)]
        return found[0] if found else len(TOGETHER), item.nodeid.startswith(LAST_OF_E2E)

    items.sort(key=rank)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A process has less of a claim to the processors from its first test that is none of FIRST."""
    if not item.nodeid.startswith(FIRST) and os.getpriority(os.PRIO_PROCESS, 0) < STANDS_BACK:
        os.setpriority(os.PRIO_PROCESS, 0, STANDS_BACK)


@pytest.fixture(scope="session", autouse=True)
def _one_place_for_what_is_made_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    keep_in(tmp_path_factory)


@pytest.fixture(scope="module", autouse=True)
def _environment_of_before() -> Iterator[None]:
    """What a module's tests leave in the environment, as a run in this process does, ends there."""
    kept = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(kept)
