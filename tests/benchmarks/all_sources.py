"""All sources that the sandbox can serve, at demo scale: their first landing, and the hourly one an
hour later, each as Dagster's landing step in a process of its own.
"""

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingestion.sandbox.vendors import vendor_names
from tests.benchmarks.measuring import MIB, cost_of, in_process, table, tell
from tests.ports import free_port_base

NOW = "2026-11-18T15:00:00Z"
AHEAD_SECONDS = 3600
MOST_SECONDS, MOST_MIB = 60, 1536
SHOWN_SECONDS = 1.0


def section() -> str:
    """Tables in Markdown: both landings, and the sources within the hourly one."""
    with tempfile.TemporaryDirectory(prefix="revlake-benchmark-") as root:
        environment = {
            "REVLAKE_DATA": str(Path(root) / "data"),
            "REVLAKE_PORT_BASE": str(free_port_base()),
            "REVLAKE_SOURCES__ON": ",".join(vendor_names()),
            "REVLAKE_SIMULATION__NOW": NOW,
            "REVLAKE_SIMULATION__FROZEN": "true",
        }
        in_process(__name__, "up", environment=environment)
        try:
            first = in_process(__name__, "land", environment=environment)
            in_process(__name__, "advance", environment=environment)
            hourly = in_process(__name__, "land", environment=environment)
        finally:
            in_process(__name__, "down", environment=environment)
    head = ["landing", "seconds", "CPU seconds", "peak MiB", "rows", "failed checks"]
    taken = sorted(hourly["sources"].items(), key=lambda item: -item[1])
    shares = [[name, f"{seconds:.1f}"] for name, seconds in taken if seconds >= SHOWN_SECONDS]
    return (
        f"{len(vendor_names())} sources, the sandbox in a process of its own. The hourly landing "
        f"may take {MOST_SECONDS} s and {MOST_MIB:,} MiB.\n\n"
        + table(head, [_cells("first", first), _cells("hourly", hourly)])
        + "\n\nIts sources, side by side:\n\n"
        + table(["source", "seconds"], shares)
    )


def _cells(what: str, found: Mapping[str, Any]) -> list[str]:
    cost = found["cost"]
    return [
        what,
        f"{cost['seconds']:.1f}",
        f"{cost['cpu_seconds']:.1f}",
        f"{cost['peak'] / MIB:,.0f}",
        f"{found['rows']:,}",
        ", ".join(found["failed"]) or "none",
    ]


def up() -> None:
    """Starts the sandbox and waits until it has simulated its company."""
    from orchestration import services
    from orchestration.settings import load_settings

    settings = load_settings()
    services.start(settings, ["sandbox"])
    tell(services.wait_until_up(settings, "sandbox"))


def down() -> None:
    from orchestration import services
    from orchestration.settings import load_settings

    tell(services.stop(load_settings()))


def advance() -> None:
    from orchestration.clock import advance_sandbox
    from orchestration.settings import load_settings

    tell(advance_sandbox(load_settings(), AHEAD_SECONDS).isoformat())


def land() -> None:
    """One run of the step that lands the sources; what it landed then counts as served."""
    from dagster import materialize

    from orchestration.assets.ingest import landing_step, source_seconds
    from orchestration.dagster_home import instance
    from orchestration.raw_tables import raw_tables
    from orchestration.resources import resources
    from orchestration.settings import load_settings

    settings = load_settings()
    sources = settings.sources_on()
    before = sum(table.rows for table in raw_tables(settings.paths.lake, sources))
    found: dict[str, Any] = {"sources": {}, "failed": []}

    def run() -> None:
        with instance(settings) as dagster:
            result = materialize(
                [landing_step(settings, sources)],
                instance=dagster,
                resources=resources(settings),
                run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}},
            )
        for event in result.get_asset_materialization_events():
            landed = source_seconds(event.step_materialization_data.materialization)
            found["sources"].update([landed] if landed else [])
        for check in result.get_asset_check_evaluations():
            if not check.passed:
                found["failed"].append(f"{'/'.join(check.asset_key.path[1:])} {check.check_name}")

    found["cost"] = cost_of(run)
    landed = raw_tables(settings.paths.lake, sources)
    found["rows"] = sum(table.rows for table in landed) - before
    _serve(settings.paths.serving, {table.name: table.last_load_id for table in landed})
    tell(found)


def _serve(serving: Path, load_ids: Mapping[str, str | None]) -> None:
    """A release that is a manifest and nothing else: landed batches are checked from here on."""
    release = serving / "releases" / "benchmark"
    release.mkdir(parents=True, exist_ok=True)
    (release / "manifest.json").write_text(json.dumps({"load_ids": load_ids}), encoding="utf-8")
    link = serving / "current"
    link.unlink(missing_ok=True)
    link.symlink_to(release)


def main(what: str) -> None:
    {"up": up, "advance": advance, "land": land, "down": down}[what]()


if __name__ == "__main__":
    main(*sys.argv[1:])
