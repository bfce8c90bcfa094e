"""Which dbt nodes an hourly run may leave as the served release has them.

A staging table follows from its raw table alone, and what lies between staging and marts from
staging. So where a raw table has no news, neither they nor their tests can come out differently
than in the release that the candidate was copied from. Marts and features are always built: there
are few, and most of them speak of a time.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration import keys
from orchestration.raw_tables import RawTable, is_news
from orchestration.release import Release

# Macros whose text differs from run to run.
OF_THE_RUN = frozenset({"macro.revlake.as_of", "macro.revlake.release_id"})
FOLLOWING_LAYERS = ("staging", "intermediate")

Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Selection:
    """Names of models and tests to build, and ids of the tests whose last result still holds."""

    build: tuple[str, ...]
    still_hold: frozenset[str]


def tables_with_news(raw: Iterable[RawTable], base: Release) -> set[str]:
    """The raw tables that were landed into since the release was published."""
    published = base.manifest.get("load_ids", {})
    return {table.name for table in raw if is_news(table, published.get(table.name))}


def selection(manifest: Manifest, *, news: Collection[str], without: str) -> Selection:
    """The nodes that may come out differently than last time, but for the layer `without`.

    `news`: names of raw tables, `raw/<source>/<entity>`. A view that reads something new is not
    made again, for its text is the same, but what reads the view is, and its tests run.
    """
    affected = _affected(manifest, news)
    nodes: Mapping[str, Any] = manifest["nodes"]
    build: list[str] = []
    still_hold: set[str] = set()
    for name, node in nodes.items():
        if not node["config"]["enabled"] or node["fqn"][1] == without:
            continue
        if node["resource_type"] == "test":
            if name in affected:
                build.append(node["name"])
            else:
                still_hold.add(name)
        elif name in affected and not _is_same_view(manifest, node):
            build.append(node["name"])
    return Selection(tuple(build), frozenset(still_hold))


def _affected(manifest: Manifest, news: Collection[str]) -> set[str]:
    nodes: Mapping[str, Any] = manifest["nodes"]
    found = {
        name
        for name, source in manifest["sources"].items()
        if (table := "/".join(keys.dbt(source).path)) in news or not table.startswith("raw/")
    }
    found |= {name for name, node in nodes.items() if _is_always_built(manifest, node)}
    waiting = list(found)
    children: Mapping[str, list[str]] = manifest["child_map"]
    while waiting:
        fresh = [child for child in children.get(waiting.pop(), ()) if child not in found]
        found.update(fresh)
        waiting += fresh
    return found


def _is_always_built(manifest: Manifest, node: Mapping[str, Any]) -> bool:
    if node["resource_type"] == "model" and node["fqn"][1] not in FOLLOWING_LAYERS:
        return True
    return _speaks_of_the_run(manifest, node)


def _is_same_view(manifest: Manifest, node: Mapping[str, Any]) -> bool:
    return node["config"]["materialized"] == "view" and not _speaks_of_the_run(manifest, node)


def _speaks_of_the_run(manifest: Manifest, node: Mapping[str, Any]) -> bool:
    macros: Mapping[str, Any] = manifest["macros"]
    seen: set[str] = set()
    waiting = list(node["depends_on"]["macros"])
    while waiting:
        macro = waiting.pop()
        if macro not in seen and macro in macros:
            seen.add(macro)
            waiting += macros[macro]["depends_on"]["macros"]
    return not OF_THE_RUN.isdisjoint(seen)
