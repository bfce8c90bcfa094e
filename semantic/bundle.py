"""The asset tree that is deployed: committed charts and dashboards, and compiled datasets."""

import shutil
from pathlib import Path

from semantic.compile import compile_datasets, load_manifests
from semantic.dataset import write_datasets


def build_bundle(*, assets_dir: Path, manifest_dir: Path, target: Path, currency: str) -> Path:
    """Write the bundle into `target`, replacing what was there; returns `target`.

    `assets_dir` is semantic/superset/assets; `manifest_dir` holds dbt's semantic_manifest.json and
    manifest.json; `currency` is the company's, as an ISO code. Raises CompileError.
    """
    datasets = compile_datasets(*load_manifests(manifest_dir))
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(assets_dir, target)
    write_datasets(datasets, target / "datasets", currency=currency)
    return target
