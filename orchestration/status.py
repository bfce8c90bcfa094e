"""What stands: the served release, its sources, checks, dashboards and models, and the services."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.query import ask
from orchestration.release import Release, current
from orchestration.services import probe
from orchestration.settings import Settings
from orchestration.sources import used_up

DEPLOY_REPORT = "deploy_report.json"


def status(settings: Settings) -> dict[str, Any]:
    """What stands, ready for JSON; `used_up` are sources that wait for their vendor's next day."""
    release = current(settings.paths.serving)
    manifest: Mapping[str, Any] = release.manifest if release else {}
    checks = manifest.get("checks", {"passed": 0, "failed": 0})
    return {
        "release": release.id if release else None,
        "published_at": manifest.get("published_at"),
        "as_of": manifest.get("as_of"),
        "sources": manifest.get("sources", {}),
        "used_up": used_up(settings),
        "checks": {"passed": checks["passed"], "failed": checks["failed"]},
        "dashboards": dashboards(settings.paths.superset),
        "models": models(release) if release else {},
        "services": probe(settings),
    }


def dashboards(superset: Path) -> dict[str, dict[str, int]]:
    """Per slug: charts, and how many of them failed in the last deployment's probe."""
    file = superset / DEPLOY_REPORT
    if not file.exists():
        return {}
    report: dict[str, dict[str, int]] = json.loads(file.read_text(encoding="utf-8"))["dashboards"]
    return report


def models(release: Release) -> dict[str, dict[str, Any]]:
    """Per model: the champion's version, its metrics and its baselines'.

    A metric beside a baseline is measured on what that baseline could be computed for: `beside` has
    the model's per baseline, `metrics` those beside the first of them by name.
    """
    answer = ask(
        release,
        """
        with last as (
            select model, model_version, max(evaluated_at) as evaluated_at
            from scores.fct_model_evaluations
            where is_champion
            group by model, model_version
            qualify row_number() over (partition by model order by max(evaluated_at) desc) = 1
        )
        select model, model_version, metric, value, baseline_name, baseline_value
        from scores.fct_model_evaluations
        semi join last using (model, model_version, evaluated_at)
        order by model, metric, baseline_name
        """,
    )
    found: dict[str, dict[str, Any]] = {}
    for model, version, metric, value, baseline_name, baseline_value in answer.rows:
        entry = found.setdefault(
            model, {"version": version, "metrics": {}, "baselines": {}, "beside": {}}
        )
        entry["metrics"].setdefault(metric, float(value))
        if baseline_value is not None:
            entry["beside"].setdefault(baseline_name, {})[metric] = float(value)
            entry["baselines"].setdefault(baseline_name, {})[metric] = float(baseline_value)
    return found
