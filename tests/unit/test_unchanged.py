"""What an hourly run may leave as the served release has it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.raw_tables import RawTable
from orchestration.release import Release
from orchestration.unchanged import selection, tables_with_news

SAME = "macro.revlake.utc"
AS_OF = "macro.revlake.as_of"
PAST = "macro.revlake.past"


def node(kind: str, layer: str, name: str, *parents: str, **other: Any) -> tuple[str, Any]:
    """A node of dbt's manifest; `parents` are ids, `macro` is one that its text is made with."""
    macro = other.get("macro", SAME)
    return f"{kind}.revlake.{name}", {
        "resource_type": kind,
        "name": name,
        "fqn": ["revlake", layer, name],
        "config": {"enabled": other.get("enabled", True), "materialized": other.get("as", "view")},
        "depends_on": {"nodes": list(parents), "macros": [macro]},
    }


def source(entity: str) -> tuple[str, Any]:
    return f"source.revlake.hubspot.{entity}", {
        "resource_type": "source",
        "source_name": "hubspot",
        "name": entity,
        "fqn": ["revlake", "staging", "hubspot", entity],
    }


NODES = dict(
    [
        node("model", "staging", "deals", "source.revlake.hubspot.deals", **{"as": "incremental"}),
        node("model", "staging", "calls", "source.revlake.hubspot.calls", **{"as": "incremental"}),
        node("model", "intermediate", "states", "model.revlake.deals", **{"as": "table"}),
        node("model", "intermediate", "past_calls", "model.revlake.calls", macro=PAST),
        node("model", "intermediate", "both", "model.revlake.states", "model.revlake.calls"),
        node("model", "marts", "facts", "model.revlake.both", **{"as": "table"}),
        node("model", "marts", "products", **{"as": "table"}),
        node("model", "scores", "scored", "model.revlake.facts", **{"as": "table"}),
        node("test", "staging", "deal_is_unique", "model.revlake.deals"),
        node("test", "staging", "call_is_unique", "model.revlake.calls"),
        node("test", "intermediate", "both_is_unique", "model.revlake.both"),
        node("test", "marts", "facts_is_unique", "model.revlake.facts"),
        node("test", "staging", "off", enabled=False),
    ]
)  # fmt: skip


def manifest() -> dict[str, Any]:
    children: dict[str, list[str]] = {}
    for name, found in NODES.items():
        for parent in found["depends_on"]["nodes"]:
            children.setdefault(parent, []).append(name)
    return {
        "nodes": NODES,
        "sources": dict([source("deals"), source("calls")]),
        "child_map": children,
        "macros": {
            SAME: {"depends_on": {"macros": []}},
            AS_OF: {"depends_on": {"macros": []}},
            PAST: {"depends_on": {"macros": [SAME, AS_OF]}},
        },
    }


def test_without_news_marts_are_built_and_what_speaks_of_the_run() -> None:
    found = selection(manifest(), news=[], without="scores")
    assert set(found.build) == {"past_calls", "facts", "products", "facts_is_unique"}
    assert found.still_hold == {
        "test.revlake.deal_is_unique",
        "test.revlake.call_is_unique",
        "test.revlake.both_is_unique",
    }


def test_news_reach_tables_and_tests_beyond_views_that_stay_as_they_are() -> None:
    found = selection(manifest(), news=["raw/hubspot/deals"], without="scores")
    assert set(found.build) == {
        "deals", "states", "past_calls", "facts", "products",
        "deal_is_unique", "both_is_unique", "facts_is_unique",
    }  # fmt: skip
    assert found.still_hold == {"test.revlake.call_is_unique"}


def test_a_table_has_news_when_it_holds_a_load_that_the_release_does_not() -> None:
    base = Release(
        Path("r"), {"load_ids": {"raw/hubspot/deals": "1.5", "raw/hubspot/calls": "1.5"}}
    )
    loads = {"deals": "1.5", "calls": "1.7", "notes": "1.2", "emails": None}
    raw = [
        RawTable("hubspot", entity, 1, 1, 0, datetime(2026, 1, 1, tzinfo=UTC), load)
        for entity, load in loads.items()
    ]
    assert tables_with_news(raw, base) == {"raw/hubspot/calls", "raw/hubspot/notes"}
