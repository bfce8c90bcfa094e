"""Dagster's home in the data directory, and the instance that lives there."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from orchestration.paths import PROJECT
from orchestration.settings import LOOPBACK, Settings, child_environment

if TYPE_CHECKING:
    from dagster import DagsterInstance

POSTGRES_URL = "DAGSTER_PG_URL"


def prepare(settings: Settings) -> None:
    """Write the instance's settings and point this process, and those it starts, at them."""
    settings.paths.create()
    _write(settings.paths.dagster / "dagster.yaml", _instance_settings(os.environ))
    _write(settings.paths.workspace, _workspace(settings))
    os.environ.update(child_environment(settings))


def instance(settings: Settings) -> "DagsterInstance":
    from dagster import DagsterInstance

    prepare(settings)
    return DagsterInstance.from_config(str(settings.paths.dagster))


def _write(target: Path, content: Mapping[str, Any]) -> None:
    """Whole or not at all, for another service may be reading; nothing if nothing changed."""
    text = yaml.safe_dump(content, sort_keys=False)
    if target.exists() and target.read_text(encoding="utf-8") == text:
        return
    temporary = target.with_name(f".{target.name}-{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(target)


def _workspace(settings: Settings) -> dict[str, Any]:
    server = {"host": LOOPBACK, "port": settings.ports.code_server, "location_name": "revlake"}
    return {"load_from": [{"grpc_server": server}]}


def _instance_settings(environment: Mapping[str, str]) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((PROJECT / "dagster.yaml").read_text(encoding="utf-8"))
    if environment.get(POSTGRES_URL):
        content["storage"] = {"postgres": {"postgres_url": {"env": POSTGRES_URL}}}
    return content
