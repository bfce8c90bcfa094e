"""Which sources exist and what they bring, found in the folders; no network, no secrets."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel

from ingestion.entity import Entity

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


def _settings(source: str) -> ModuleType:
    if source not in source_names():
        raise ValueError(f"unknown source {source!r}; known are {', '.join(source_names())}")
    return import_module(f"ingestion.sources.{source}.settings")
