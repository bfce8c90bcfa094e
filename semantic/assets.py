"""The dashboards-as-code tree: reading it, and packing it for Superset.

`assets/{databases,datasets,charts,dashboards}/**/*.yaml`, one object a file, joined by uuid.
"""

import copy
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from semantic.query_context import build

KINDS = ("databases", "datasets", "charts", "dashboards")
CERTIFIED_BY = "Revlake"
CERTIFICATION = "Deployed from code; changes made here are replaced unless they are pulled."

Document = dict[str, Any]


class AssetsError(Exception):
    """A file of the tree cannot be read."""


@dataclass(frozen=True)
class Assets:
    """Documents by file name relative to the tree, for each kind."""

    databases: Mapping[str, Document] = field(default_factory=dict)
    datasets: Mapping[str, Document] = field(default_factory=dict)
    charts: Mapping[str, Document] = field(default_factory=dict)
    dashboards: Mapping[str, Document] = field(default_factory=dict)

    def of(self, kind: str) -> Mapping[str, Document]:
        documents: Mapping[str, Document] = getattr(self, kind)
        return documents

    def by_uuid(self, kind: str) -> dict[str, Document]:
        return {str(document["uuid"]): document for document in self.of(kind).values()}


def load(assets_dir: Path) -> Assets:
    """Read the tree. A missing folder counts as empty, a missing tree does not."""
    if not assets_dir.is_dir():
        raise AssetsError(f"{assets_dir} is not a folder: it should hold {', '.join(KINDS)}")
    return Assets(**{kind: _read_kind(assets_dir, kind) for kind in KINDS})


def _read_kind(assets_dir: Path, kind: str) -> dict[str, Document]:
    documents = {}
    for file in sorted((assets_dir / kind).rglob("*.yaml")):
        name = file.relative_to(assets_dir).as_posix()
        try:
            document = yaml.safe_load(file.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise AssetsError(f"{name} is not valid YAML: {error}") from error
        if not isinstance(document, dict):
            raise AssetsError(f"{name} should hold one mapping")
        documents[name] = document
    return documents


def bundle(assets: Assets, *, serving_url: str, kinds: Iterable[str] = KINDS) -> bytes:
    """The zip that Superset's assets import takes.

    Adds what a person should not write: the database address, each chart's saved query, and the
    mark by which a later deployment recognises its own objects.
    """
    datasets = assets.by_uuid("datasets")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        metadata = {"version": "1.0.0", "type": "assets"}
        archive.writestr("assets/metadata.yaml", yaml.safe_dump(metadata))
        for kind in kinds:
            for name, document in assets.of(kind).items():
                prepared = _prepare(kind, document, datasets, serving_url)
                archive.writestr(f"assets/{name}", yaml.safe_dump(prepared, allow_unicode=True))
    return buffer.getvalue()


def _prepare(
    kind: str, document: Document, datasets: Mapping[str, Document], serving_url: str
) -> Document:
    prepared: Document = {"version": "1.0.0", **copy.deepcopy(document)}
    if kind == "databases":
        prepared["sqlalchemy_uri"] = serving_url
        prepared.setdefault("extra", {})
        for right in ("allow_ctas", "allow_cvas", "allow_dml", "allow_file_upload"):
            prepared[right] = False
    if kind == "charts":
        prepared["params"] = {**prepared["params"], "viz_type": prepared["viz_type"]}
        if not prepared.get("query_context"):
            dataset = datasets[str(prepared["dataset_uuid"])]
            prepared["query_context"] = json.dumps(build(prepared["params"], dataset))
    if kind in ("charts", "dashboards"):
        prepared["certified_by"] = CERTIFIED_BY
        prepared["certification_details"] = CERTIFICATION
    if kind == "dashboards":
        prepared.setdefault("published", True)
        for number, meta in enumerate(chart_metas(prepared), start=1):
            meta.setdefault("chartId", number)
    if kind == "datasets":
        certification = {"certified_by": CERTIFIED_BY, "details": CERTIFICATION}
        prepared["extra"] = {**(prepared.get("extra") or {}), "certification": certification}
    return prepared


def chart_metas(dashboard: Document) -> list[Document]:
    """The `meta` of every chart that a dashboard's layout places, in order of the charts' uuids."""
    metas = [
        item["meta"]
        for item in dashboard["position"].values()
        if isinstance(item, dict) and item.get("type") == "CHART"
    ]
    return sorted(metas, key=lambda meta: str(meta["uuid"]))
