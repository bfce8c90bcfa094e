"""Brings dashboards that were drawn in Superset back into the tree, with small diffs.

Superset's export names files after ids and fills documents with what one server knows. Here files
keep the name they have in the tree (by uuid), new ones are named by slug or title, keys are sorted,
and everything that a deployment generates is left out.
"""

import copy
import io
import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from semantic.assets import CERTIFIED_BY, KINDS, Assets, Document, chart_metas, load
from semantic.query_context import supported
from semantic.superset_api import connect
from semantic.validate import charts_of

GENERATED = {
    "charts": ("version", "certified_by", "certification_details", "is_managed_externally"),
    "dashboards": ("version", "certified_by", "certification_details", "is_managed_externally"),
    "datasets": ("version", "source_db_engine", "catalog"),
    "databases": ("version", "sqlalchemy_uri", "impersonate_user", "configuration_method"),
}
EMPTY: tuple[Any, ...] = (None, "", {}, [])
# Form data that names objects of one server or of one editing session.
UNSTABLE_PARAMS = ("datasource", "slice_id", "dashboards", "dashboardId", "url_params", "viz_type")
UNSTABLE_METADATA = ("map_label_colors", "shared_label_colors")


@dataclass(frozen=True)
class PullReport:
    """Files written or changed, files removed, all relative to the tree."""

    written: tuple[str, ...]
    removed: tuple[str, ...]


class PullError(Exception):
    """A dashboard that was asked for does not exist."""


def pull(
    *,
    base_url: str,
    username: str,
    password: str,
    assets_dir: Path,
    slugs: Collection[str] = (),
    compiled: Collection[str] = (),
) -> PullReport:
    """Write the dashboards with these slugs (all that have one, if none is named) and their charts.

    Datasets are written only when the tree does not have them, and not those with a uuid in
    `compiled`: their source is the metrics. A file whose document means the same stays untouched.
    A chart that a dashboard placed before and none places now is removed from the tree.
    """
    archive = connect(base_url, username, password).send("GET", "assets/export/").content
    exported = _exported(archive)
    tree = load(assets_dir) if assets_dir.is_dir() else Assets()
    wanted = _wanted(exported, slugs)
    wanted["datasets"] -= set(compiled)
    written = [
        name for kind in KINDS for name in _write(kind, exported, tree, wanted[kind], assets_dir)
    ]
    removed = _remove_charts(assets_dir, _placed(tree))
    return PullReport(tuple(sorted(written)), tuple(removed))


def _exported(archive: bytes) -> dict[str, dict[str, Document]]:
    documents: dict[str, dict[str, Document]] = {kind: {} for kind in KINDS}
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        for name in content.namelist():
            kind = name.split("/")[1] if name.count("/") > 1 else ""
            if kind in documents:
                document = yaml.safe_load(content.read(name))
                documents[kind][str(document["uuid"])] = document
    return documents


def _wanted(
    exported: Mapping[str, Mapping[str, Document]], slugs: Collection[str]
) -> dict[str, set[str]]:
    chosen = {
        uuid: dashboard
        for uuid, dashboard in exported["dashboards"].items()
        if dashboard.get("slug") and (not slugs or dashboard["slug"] in slugs)
    }
    missing = set(slugs) - {dashboard["slug"] for dashboard in chosen.values()}
    if missing:
        known = sorted(str(each.get("slug")) for each in exported["dashboards"].values())
        raise PullError(f"no dashboard with slug {sorted(missing)}; there are: {', '.join(known)}")
    charts = {uuid for dashboard in chosen.values() for uuid in charts_of(dashboard)}
    datasets = {str(exported["charts"][uuid]["dataset_uuid"]) for uuid in charts}
    databases = {str(exported["datasets"][uuid]["database_uuid"]) for uuid in datasets}
    return {
        "dashboards": set(chosen),
        "charts": charts,
        "datasets": datasets,
        "databases": databases,
    }


def _write(
    kind: str,
    exported: Mapping[str, Mapping[str, Document]],
    tree: Assets,
    uuids: Collection[str],
    assets_dir: Path,
) -> list[str]:
    present = {str(document["uuid"]): name for name, document in tree.of(kind).items()}
    names, written = set(present.values()), []
    for uuid in sorted(uuids):
        if uuid in present and kind in ("datasets", "databases"):
            continue
        document = stable(kind, exported[kind][uuid])
        name = present.get(uuid) or _new_name(kind, document, names)
        names.add(name)
        file = assets_dir / name
        if uuid in present and stable(kind, tree.of(kind)[name]) == document:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dump(document), encoding="utf-8")
        written.append(name)
    return written


def _new_name(kind: str, document: Document, taken: set[str]) -> str:
    keys = ("slug", "slice_name", "table_name", "database_name")
    title = next(str(document[key]) for key in keys if document.get(key))
    stem = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_") or "unnamed"
    name = f"{kind}/{stem}.yaml"
    return name if name not in taken else f"{kind}/{stem}_{str(document['uuid'])[:8]}.yaml"


def dump(document: Document) -> str:
    """The text of a file of the tree."""
    return yaml.safe_dump(document, sort_keys=True, allow_unicode=True, width=100)


def stable(kind: str, document: Document) -> Document:
    """A document without what differs from server to server, is generated or says nothing."""
    kept = copy.deepcopy(_said(_without(document, GENERATED[kind])))
    if kind == "charts":
        kept["params"] = _without(kept["params"], UNSTABLE_PARAMS)
        if not kept["params"].get("annotation_layers"):  # which Superset adds
            kept["params"].pop("annotation_layers", None)
        if kept["viz_type"] in supported():
            kept.pop("query_context", None)
    if kind == "dashboards":
        if kept.get("published"):  # as a deployment makes it
            del kept["published"]
        kept = _stable_dashboard(kept)
    if kind == "datasets":
        extra = dict(kept.pop("extra", None) or {})
        if (extra.get("certification") or {}).get("certified_by") == CERTIFIED_BY:
            del extra["certification"]
        if extra:
            kept["extra"] = extra
    return kept


def _stable_dashboard(dashboard: Document) -> Document:
    numbers = {}
    for number, meta in enumerate(chart_metas(dashboard), start=1):
        numbers[meta.pop("chartId", number)] = number
    metadata = _said(_without(dashboard.get("metadata") or {}, UNSTABLE_METADATA))
    for native in metadata.get("native_filter_configuration") or []:
        for key in ("chartsInScope", "tabsInScope"):
            native.pop(key, None)
        _renumber(native.get("scope"), numbers)
    everywhere = metadata.get("global_chart_configuration") or {}
    everywhere.pop("chartsInScope", None)
    _renumber(everywhere.get("scope"), numbers)
    charts = _chart_configuration(metadata.pop("chart_configuration", None) or {}, numbers)
    if charts:
        metadata["chart_configuration"] = charts
    kept = {**dashboard, "metadata": metadata}
    return kept if metadata else _without(kept, ("metadata",))


def _chart_configuration(charts: Mapping[str, Any], numbers: Mapping[int, int]) -> Document:
    """The charts whose cross filters do not reach where those of all others do."""
    kept: Document = {}
    for chart, configuration in charts.items():
        scope = configuration.get("crossFilters", {}).get("scope")
        if int(chart) in numbers and isinstance(scope, dict):
            _renumber(scope, numbers)
            number = numbers[int(chart)]
            kept[str(number)] = {
                "id": number,
                "crossFilters": {"scope": scope, "chartsInScope": []},
            }
    return kept


def _renumber(scope: Any, numbers: Mapping[int, int]) -> None:
    """Chart ids of one server become the numbers of the charts in the dashboard."""
    if isinstance(scope, dict) and "excluded" in scope:
        excluded = scope["excluded"] or []
        scope["excluded"] = sorted(numbers[chart] for chart in excluded if chart in numbers)


def _said(document: Mapping[str, Any]) -> Document:
    return {key: value for key, value in document.items() if value not in EMPTY}


def _without(document: Mapping[str, Any], keys: Collection[str]) -> Document:
    return {key: value for key, value in document.items() if key not in keys}


def _placed(tree: Assets) -> set[str]:
    return {uuid for dashboard in tree.dashboards.values() for uuid in charts_of(dashboard)}


def _remove_charts(assets_dir: Path, once_placed: Collection[str]) -> list[str]:
    tree = load(assets_dir)
    gone = set(once_placed) - _placed(tree)
    removed = [name for name, chart in tree.charts.items() if str(chart["uuid"]) in gone]
    for name in removed:
        (assets_dir / name).unlink()
    return removed
