"""The vendors' own descriptions of their APIs, held against what the sandbox answers."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import yaml

from tests.paths import SHARED_DATA

SPECS = SHARED_DATA / "api_specs"
FIXTURES = SHARED_DATA / "api_fixtures"
PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


@cache
def spec(name: str) -> Any:
    """A specification below `api_specs`; the test is skipped where the shared data are not."""
    path = SPECS / name
    if not path.is_file():
        pytest.skip(f"no {path}")
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else yaml.load(text, yaml.CSafeLoader)


@cache
def fixture(name: str) -> Any:
    """A vendor's recorded answer below `api_fixtures`."""
    path = FIXTURES / name
    if not path.is_file():
        pytest.skip(f"no {path}")
    return json.loads(path.read_text(encoding="utf-8"))


def resolved(schema: Any, document: Any) -> Any:
    """The schema behind a `$ref` of its document."""
    while "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def properties(schema: Any, document: Any) -> dict[str, Any]:
    """The properties of an object, those of its parts (`allOf`) among them."""
    schema = resolved(schema, document)
    found = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        found |= properties(part, document)
    return found


def misfits(
    record: Mapping[str, Any], expected: Mapping[str, Any], document: Any, *, may_miss: str = ""
) -> list[str]:
    """What a record lacks or has in another type than its schema's properties say.

    Null fits everywhere. `may_miss` names what is left out on purpose.
    """
    found = []
    for name, schema in expected.items():
        if name not in record:
            if name not in may_miss.split():
                found.append(f"{name}: missing")
            continue
        kind = resolved(schema, document).get("type", "string")
        value = record[name]
        is_number_as_flag = isinstance(value, bool) and kind != "boolean"
        if value is not None and (is_number_as_flag or not isinstance(value, PYTHON_TYPES[kind])):
            found.append(f"{name}: {value!r} is no {kind}")
    return found


def unlike(record: Mapping[str, Any], recorded: Mapping[str, Any]) -> list[str]:
    """Fields of a recorded answer that a record lacks or has in another type."""
    found = []
    for name, value in recorded.items():
        kinds = {type(each) for each in (value, record.get(name)) if each is not None}
        if name not in record or len(kinds) > 1:
            found.append(f"{name}: {record.get(name)!r} instead of {value!r}")
    return found
