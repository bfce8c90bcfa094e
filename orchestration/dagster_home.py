"""Dagster's home in the data directory, and the instance that lives there."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from orchestration.paths import PROJECT
from orchestration.settings import Settings, child_environment

if TYPE_CHECKING:
    from dagster import DagsterInstance

POSTGRES_URL = "DAGSTER_PG_URL"


def prepare(settings: Settings) -> None:
    """Write the instance's settings and point this process, and those it starts, at them."""
    settings.paths.create()
    home = settings.paths.dagster
    target = home / "dagster.yaml"
    content = yaml.safe_dump(_instance_settings(os.environ), sort_keys=False)
    if not target.exists() or target.read_text(encoding="utf-8") != content:
        temporary = home / f".dagster.yaml-{os.getpid()}"
        temporary.write_text(content, encoding="utf-8")
        temporary.replace(target)
    os.environ.update(child_environment(settings))


def instance(settings: Settings) -> "DagsterInstance":
    from dagster import DagsterInstance

    prepare(settings)
    return DagsterInstance.from_config(str(settings.paths.dagster))


def _instance_settings(environment: Mapping[str, str]) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((PROJECT / "dagster.yaml").read_text(encoding="utf-8"))
    if environment.get(POSTGRES_URL):
        content["storage"] = {"postgres": {"postgres_url": {"env": POSTGRES_URL}}}
    return content
