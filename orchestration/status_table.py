"""`revlake status` for people."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from orchestration.sources_table import show_used_up

# The rest is in `revlake status --json`.
SHOWN_METRICS = ("auc", "brier", "log_loss", "wape_quarter_current", "wape_quarter_next")


def show(console: Console, found: Mapping[str, Any]) -> None:
    """Print what orchestration.status found."""
    checks = found["checks"]
    console.print(
        f"[bold]Release[/] {found['release'] or 'none'}, as of {found['as_of'] or '-'}, "
        f"published {found['published_at'] or '-'}; "
        f"checks: {checks['passed']} passed, {checks['failed']} failed",
        highlight=False,
    )
    sources = Table("source", "tables", "rows", "rejects", "last loaded at")
    for name, facts in found["sources"].items():
        loaded = str(facts["last_loaded_at"] or "-")
        sources.add_row(
            name, str(facts["tables"]), f"{facts['rows']:,}", f"{facts['rejects']:,}", loaded
        )
    console.print(sources)
    for name, waiting in found["used_up"].items():
        show_used_up(console, name, waiting["until"], waiting["why"])
    models = Table("model", "version", "metric", "value", "baseline", "its value")
    for name, facts in found["models"].items():
        for metric in [name for name in SHOWN_METRICS if name in facts["metrics"]]:
            theirs = {
                baseline: values[metric]
                for baseline, values in facts["baselines"].items()
                if metric in values
            }
            for baseline, baseline_value in theirs.items():
                models.add_row(
                    name,
                    facts["version"],
                    metric,
                    f"{facts['beside'][baseline][metric]:.4f}",
                    baseline,
                    f"{baseline_value:.4f}",
                )
    console.print(models)
    dashboards = Table("dashboard", "charts", "failed")
    for slug, charts in found["dashboards"].items():
        dashboards.add_row(slug, str(charts["charts"]), str(charts["failed"]))
    console.print(dashboards)
    services = Table("service", "state")
    for name, is_up in found["services"].items():
        services.add_row(name, "[green]up[/]" if is_up else "[red]down[/]")
    console.print(services)
