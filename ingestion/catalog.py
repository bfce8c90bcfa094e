"""Which sources exist and what they bring, found in the folders; no network, no secrets."""

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel

from ingestion.budget import DailyBudget
from ingestion.entity import Entity
from ingestion.expectation import Expectation

SOURCES_FOLDER = Path(__file__).parent / "sources"


def source_names() -> tuple[str, ...]:
    """The folders of `ingestion/sources`, without those that begin with an underscore."""
    return tuple(
        sorted(
            folder.name
            for folder in SOURCES_FOLDER.iterdir()
            if (folder / "settings.py").is_file() and not folder.name.startswith("_")
        )
    )


def entities(source: str) -> tuple[Entity, ...]:
    """The entities a source lands, each a table `raw/<source>/<entity>`."""
    found: tuple[Entity, ...] = _settings(source).ENTITIES
    return found


def connection_model(source: str) -> type[BaseModel]:
    """The pydantic model of a source's connection; its secrets are SecretStr."""
    model: type[BaseModel] = _settings(source).Connection
    return model


def expectations_of(source: str) -> Mapping[str, tuple[Expectation, ...]]:
    """What a source expects of its batches, by entity; nothing where it has no such file."""
    if not (SOURCES_FOLDER / source / "expectations.py").is_file():
        return {}
    found: Mapping[str, tuple[Expectation, ...]] = import_module(
        f"ingestion.sources.{source}.expectations"
    ).EXPECTATIONS
    return found


def daily_budget(source: str, calls: int | None = None) -> DailyBudget:
    """The calls a day of a source: `calls`, else what its settings say; no end where they do not.

    The day, and what is left to other tools, are the source's in any case.
    """
    found: DailyBudget = getattr(_settings(source), "BUDGET", DailyBudget())
    return found if calls is None else replace(found, calls=calls)


def permissions(source: str) -> Mapping[str, str]:
    """What to grant for each entity, by its name; docs/sources says the same and how."""
    found: Mapping[str, str] = getattr(_settings(source), "PERMISSIONS", {})
    return found


def _settings(source: str) -> ModuleType:
    if source not in source_names():
        raise ValueError(f"unknown source {source!r}; known are {', '.join(source_names())}")
    return import_module(f"ingestion.sources.{source}.settings")
