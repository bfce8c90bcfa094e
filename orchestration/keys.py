"""Names to asset keys and groups, for landing, dbt and models alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from dagster import AssetKey

CANDIDATE = AssetKey(["release", "candidate"])
REWRITTEN = AssetKey(["release", "rewritten"])
PUBLISHED = AssetKey(["release", "published"])
PRUNED = AssetKey(["maintenance", "old_releases"])
COMPACTED_RAW = AssetKey(["maintenance", "raw_tables"])
COMPACTED_ML = AssetKey(["maintenance", "ml_tables"])

ML_SOURCE = "ml"
# The ending of a dbt source table, and the asset that writes it.
ML_PARTS = {"predictions": "predictions", "current": "predictions", "evaluations": "evaluation"}


def raw(source: str, entity: str) -> AssetKey:
    """`raw/<source>/<entity>`, as the folder of its Delta table."""
    return AssetKey(["raw", source, entity])


def ml(model: str, part: str) -> AssetKey:
    """`ml/<model>/{training_set,model,evaluation,predictions}`."""
    return AssetKey(["ml", model, part])


def dashboard(slug: str) -> AssetKey:
    return AssetKey(["dashboards", slug])


def dbt(properties: Mapping[str, Any]) -> AssetKey:
    """The key of a dbt node, by its place in the project.

    Sources see `source_table`; anything else is `<room>/<name>`, the room being its folder under
    `models`, or `seeds` or `snapshots`.
    """
    if properties["resource_type"] == "source":
        return source_table(properties)
    room = properties["fqn"][1]
    if room == properties["name"]:  # a node right under `models` or `seeds`
        room = {"seed": "seeds", "snapshot": "snapshots"}.get(properties["resource_type"], "marts")
    return AssetKey([room, properties["name"]])


def source_table(properties: Mapping[str, Any]) -> AssetKey:
    """`raw/<source>/<entity>`; what models wrote is the source `ml`, table `<model>_<part>`."""
    source, table = properties["source_name"], properties["name"]
    if source != ML_SOURCE:
        return raw(source, table)
    model, _, part = table.rpartition("_")
    return ml(model, ML_PARTS[part])


def group(key: AssetKey) -> str:
    """The group of an asset: its room, for some with the source's, concern's or model's name."""
    parts: Sequence[str] = key.path
    if parts[0] in ("raw", "ml"):
        return f"{parts[0]}_{parts[1]}"
    if parts[0] == "staging":
        return f"staging_{parts[-1].removeprefix('stg_').partition('__')[0]}"
    if parts[0] == "intermediate":
        return f"intermediate_{parts[-1].removeprefix('int_').partition('__')[0]}"
    return str(parts[0])
