"""The terminal: where the command line writes, whatever happens to the output meanwhile."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from orchestration.refresh import Refresh, Step, refresh
from orchestration.settings import Settings


def terminal(*, stderr: bool = False) -> Console:
    """A console on a duplicate of the output: a refresh may send the original to its log."""
    descriptor = os.dup(2 if stderr else 1)
    stream = os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", buffering=1)
    return Console(file=stream, force_terminal=stream.isatty() or None, soft_wrap=True)


@contextmanager
def waiting(console: Console, what: str) -> Iterator[Callable[[str], None]]:
    """A spinner with the time for a step of unknown length; gives a function to change its text."""
    if not console.is_terminal:
        console.print(what)
        yield console.print
        return
    progress = Progress(
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
    )
    with progress:
        task = progress.add_task(what, total=1)
        yield lambda text: progress.update(task, description=text)
        progress.update(task, completed=1)


def shown_refresh(console: Console, settings: Settings, job: str) -> Refresh:
    """Run a job with a bar over its steps, and a line for each one that took long."""
    progress = Progress(
        SpinnerColumn(),
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}"),
        console=console,
    )
    if not console.is_terminal:
        return refresh(settings, job, tell=lambda news: _line(console, news))
    with progress:
        task = progress.add_task(f"{job} refresh", total=None, step="loading the project")

        def tell(news: Step) -> None:
            progress.update(task, total=news.total, completed=news.done, step=news.name)

        result = refresh(settings, job, tell=tell)
        progress.update(task, step="done")
    return result


def _line(console: Console, news: Step) -> None:
    """What a log file gets instead of a bar."""
    if news.state != "started":
        console.print(f"{news.done}/{news.total} {news.name} {news.state}", highlight=False)
