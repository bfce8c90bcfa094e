"""`revlake sources` and `revlake sources test` for people."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from ingestion.probe import Look


def show(console: Console, found: Mapping[str, Mapping[str, Any]]) -> None:
    """Print what orchestration.sources found."""
    on = _table(
        "On", "entities", "rows", "rejects", "newest load", "read", "calls today",
        "left of the vendor's day",
    )  # fmt: skip
    off = _table("Off", "entities", "to switch it on")
    for name, facts in found.items():
        if facts["is_on"]:
            on.add_row(
                name,
                str(facts["entities"]),
                f"{facts['rows']:,}",
                f"{facts['rejects']:,}",
                _short(facts["last_loaded_at"]),
                _freshness(facts),
                _calls(facts["budget"]),
                _vendor(facts["budget"]),
            )
        else:
            off.add_row(name, str(facts["entities"]), escape("; ".join(facts["to_switch_on"])))
    console.print(on)
    for name, facts in found.items():
        show_used_up(console, name, facts["budget"]["used_up_until"], facts["budget"]["why"])
    console.print(off)
    console.print("Credentials and permissions: `revlake sources test`, docs/sources.")


def show_used_up(console: Console, source: str, until: str | None, why: str | None) -> None:
    """A line for a source that waits; nothing for one that does not."""
    if until is not None:
        console.print(
            f"[yellow]{source}[/]: budget used up until {_moment(until)} ({escape(why or '')})",
            highlight=False,
            soft_wrap=True,
        )


def show_looks(console: Console, source: str, looks: "Iterable[Look]") -> bool:
    """Print the looks at a source's entities; whether all of them may be read."""
    table = _table(source, "state", "calls", "the vendor says", "to grant", first="entity")
    is_well = True
    for look in looks:
        is_well &= look.is_fine
        colour = "green" if look.is_fine else "red"
        table.add_row(
            look.entity,
            f"[{colour}]{look.state}[/]",
            str(look.calls),
            escape(look.said),
            escape(look.permission),
        )
    console.print(table)
    if not is_well:
        console.print(f"How to obtain and grant what is missing: docs/sources/{source}.md")
    return is_well


def _table(title: str, *columns: str, first: str = "source") -> Table:
    """A table whose first column is never cut."""
    table = Table(title=title, title_justify="left")
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column)
    return table


def _freshness(facts: Mapping[str, Any]) -> str:
    if facts["complete_at"] is None:
        return "[yellow]never[/]"
    if facts["age_hours"] is None:
        return _short(facts["complete_at"])
    age = f"{facts['age_hours']:.1f} h ago"
    if facts["is_stale"]:
        return f"[red]stale: {age}, at most {facts['stale_after_hours']:g} h[/]"
    return age


def _calls(budget: Mapping[str, Any]) -> str:
    if budget["calls_a_day"] is None:
        return "-"
    return f"{budget['calls_today']:,} of {budget['calls_a_day']:,}"


def _vendor(budget: Mapping[str, Any]) -> str:
    if budget["vendor_left"] is None:
        return "-"
    return f"{budget['vendor_left']:,} of {budget['vendor_limit']:,}"


def _moment(text: str | None) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}" if text else "-"


def _short(text: str | None) -> str:
    return f"{datetime.fromisoformat(text):%b %d, %H:%M}" if text else "-"
