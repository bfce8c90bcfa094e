"""The `revlake` command. Thin: each command reads the settings and calls who does it."""

import json
import os
import re
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from orchestration.errors import RevlakeError
from orchestration.garbage import collect_seldom
from orchestration.settings import Settings, load_settings

START, DATA, LOOK, DASHBOARDS = "Start here", "Data", "Look", "Dashboards"

app = typer.Typer(
    name="revlake",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "From vendor APIs to dashboards, forecasts and scores, by itself.\n\n"
        "[bold]revlake demo[/] shows everything over a simulated company. For your own: "
        "[bold]revlake doctor[/], [bold]revlake up[/] and [bold]revlake refresh nightly[/].\n\n"
        "Settings: revlake.toml; credentials: the environment or .env; everything that running "
        "leaves behind: one data directory."
    ),
)
sandbox_app = typer.Typer(
    rich_markup_mode="rich", help="The vendors' APIs on this machine, over one simulated company."
)
sources_app = typer.Typer(
    rich_markup_mode="rich",
    help="What is on, how fresh, how much of the vendors' day is used; what is missing.",
)
dashboards_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", help="Dashboards as code: pull and push."
)
app.add_typer(sandbox_app, name="sandbox", rich_help_panel=DATA)
app.add_typer(sources_app, name="sources", rich_help_panel=LOOK)
app.add_typer(dashboards_app, name="dashboards", rich_help_panel=DASHBOARDS)

DURATION = re.compile(r"^(\d+(?:\.\d+)?)\s*(s|m|h|d|w)$")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}

PortBase = Annotated[
    int | None,
    typer.Option(
        min=1024,
        max=65500,
        show_default=False,
        help="Use ports N (sandbox), N+1 (Superset), N+2 (Dagster), N+3 (its code server); "
        "remembered for this directory.",
    ),
]


class Job(StrEnum):
    hourly = "hourly"
    nightly = "nightly"


class Format(StrEnum):
    table = "table"
    csv = "csv"
    json = "json"


@app.callback()
def common(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(
            show_default=False, help="The data directory. Default: REVLAKE_DATA, else ./data."
        ),
    ] = None,
) -> None:
    context.obj = {"data": data.absolute() if data else None}


@app.command(rich_help_panel=START)
def demo(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Stop everything at the end; exit 0 only if all worked.")
    ] = False,
    port_base: PortBase = None,
) -> None:
    """Everything with one command: vendors, refresh, models, dashboards, and how to look at them.

    Ctrl-C stops all that it started. The data stays, so that the next time is faster.

    [dim]revlake demo
    revlake --data /tmp/tour demo --once --port-base 21000[/]
    """
    from orchestration import services
    from orchestration.console import terminal
    from orchestration.demo import run_demo, tables

    settings, console = _settings(context, port_base), terminal()
    try:
        outcome = run_demo(settings, console)
        for table in tables(settings, outcome):
            console.print(table)
        for problem in outcome.problems:
            console.print(f"[red]{problem}[/]", markup=True, highlight=False)
        if not once:
            console.print("[bold]Running. Ctrl-C stops everything.[/]")
            while services.supervisor(settings) is not None:
                time.sleep(0.5)
            _fail("the services stopped: see the logs in " + str(settings.paths.logs))
    except KeyboardInterrupt:
        console.print("stopping")
        raise typer.Exit(0 if not once else 130) from None
    finally:
        services.stop(settings)
    if outcome.problems:
        raise typer.Exit(1)


@app.command(rich_help_panel=START)
def up(context: typer.Context, port_base: PortBase = None) -> None:
    """Start the services and return: sandbox (if vendors are simulated), Superset, Dagster.

    Starting what runs already changes nothing. From then on the schedules of revlake.toml refresh.
    """
    from orchestration import services
    from orchestration.console import terminal, waiting
    from orchestration.logins import read_secrets

    settings, console = _settings(context, port_base), terminal()
    read_secrets(settings)
    wanted = services.wanted(settings)
    services.start(settings, wanted)
    for service in wanted:
        with waiting(console, f"waiting for {service}"):
            services.wait_until_up(settings, service)
    console.print(f"Superset {settings.url('superset')}   Dagster {settings.url('dagster')}")
    console.print("`revlake logins` shows who may sign in; `revlake down` stops it all.")


@app.command(rich_help_panel=START)
def down(context: typer.Context) -> None:
    """Stop all services of this data directory."""
    from orchestration import services

    stopped = services.stop(_settings(context))
    print("stopped" if stopped else "nothing was running")


@app.command(rich_help_panel=START)
def doctor(context: typer.Context) -> None:
    """Say what is missing or misconfigured, and how to mend it. Exit 1 if anything must be."""
    from orchestration.doctor import examine

    console = _console()
    table = Table("", "what", "state", "mend")
    fatal = False
    for finding in examine(_settings(context)):
        fatal |= finding.fatal
        mark = "[red]✗[/]" if finding.fatal else "[yellow]![/]" if finding.mend else "[green]✓[/]"
        table.add_row(mark, finding.what, finding.state, finding.mend)
    console.print(table)
    raise typer.Exit(1 if fatal else 0)


@app.command(rich_help_panel=DATA)
def refresh(
    context: typer.Context,
    job: Annotated[Job, typer.Argument(help="hourly: what changed. nightly: and models, upkeep.")],
) -> None:
    """Land what is new, build, check and publish a release; shown in the Dagster UI like any run.

    [dim]revlake refresh hourly
    revlake refresh nightly[/]
    """
    from orchestration.console import shown_refresh, terminal

    console = terminal()
    done = shown_refresh(console, _settings(context), job.value)
    _print_steps(console, done.timings(), done.seconds)
    for check in done.failed_checks:
        console.print(f"[yellow]check failed: {check}[/]", highlight=False)


@app.command("import", rich_help_panel=DATA)
def import_files(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(help="The folder with CSV, Excel or JSON files.")],
    mapping: Annotated[Path, typer.Option(help="What column means what: see docs/.")],
) -> None:
    """Land files of a CRM's export, refresh, and say what did not match.

    [dim]revlake import ./export --mapping ./mapping.yml[/]
    """
    from orchestration.console import terminal
    from orchestration.importing import import_and_refresh

    import_and_refresh(_settings(context), terminal(), directory=directory, mapping=mapping)


@app.command(rich_help_panel=DATA)
def rollback(
    context: typer.Context,
    release: Annotated[
        str | None, typer.Argument(show_default=False, help="Default: the one before.")
    ] = None,
) -> None:
    """Serve an earlier release. Immediate, and without touching any data.

    [dim]revlake rollback
    revlake rollback 20261122T030000Z[/]
    """
    from orchestration import release as releases
    from orchestration.writer_lock import writing

    serving = _settings(context).paths.serving
    with writing(serving, what="revlake rollback") as writer:
        served = releases.rollback(writer, target=release, now=datetime.now(UTC))
    print(f"{served.id} is served now; published {served.manifest['published_at']}")


@app.command(rich_help_panel=LOOK)
def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for programs.")] = False,
) -> None:
    """The served release, its sources, checks, dashboards and models, and which services are up."""
    from orchestration.status import status as look
    from orchestration.status_table import show

    found = look(_settings(context))
    if as_json:
        print(json.dumps(found, indent=2, default=str))
    else:
        show(_console(), found)


@app.command(rich_help_panel=LOOK)
def logins(context: typer.Context) -> None:
    """The user names and passwords of Superset: one person a role, out of the company's people."""
    from orchestration.demo import login_table

    _console().print(login_table(_settings(context)))


@app.command(rich_help_panel=LOOK)
def sql(
    context: typer.Context,
    statement: Annotated[str, typer.Argument(help="One SQL statement, in quotes.")],
    output: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.table,
) -> None:
    """Ask the served release, read-only. Schemas: marts, scores, meta, warehouse.features and more.

    [dim]revlake sql "select stage_name, sum(amount) from marts.fct_opportunities group by 1"
    revlake sql "from scores.dim_lead_scores order by score desc" --format csv[/]
    """
    from orchestration.query import ask, served
    from orchestration.query_output import write

    settings = _settings(context)
    write(ask(served(settings.paths.serving), statement), output.value, _console())


@sandbox_app.callback(invoke_without_command=True)
def sandbox(
    context: typer.Context,
    scale: Annotated[
        float | None, typer.Option(show_default=False, help="Size of the company; 1.0 is usual.")
    ] = None,
    seed: Annotated[int | None, typer.Option(show_default=False, help="Another company.")] = None,
    port: Annotated[int | None, typer.Option(show_default=False, help="Its port.")] = None,
) -> None:
    """Run the sandbox in the foreground; Ctrl-C stops it.

    [dim]revlake sandbox --scale 0.1 --seed 11
    revlake sandbox advance 1h[/]
    """
    if context.invoked_subcommand is not None:
        return
    from orchestration.serve import sandbox_command

    settings = _settings(context)
    given = {"scale": scale, "seed": seed}
    simulation = settings.simulation.model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )
    ports = settings.ports.model_copy(update={"sandbox": port} if port else {})
    settings = settings.model_copy(update={"simulation": simulation, "ports": ports})
    settings.paths.create()
    print(f"the vendors' APIs are at {settings.sandbox_url}; Ctrl-C stops them", flush=True)
    command = sandbox_command(settings)
    os.execv(command[0], command)


@sandbox_app.command()
def advance(
    context: typer.Context,
    duration: Annotated[str, typer.Argument(help="Such as 30m, 1h, 2d, 1w.")],
) -> None:
    """Move the simulated company's clock forward, so that there is something new to land.

    [dim]revlake sandbox advance 1h && revlake refresh hourly[/]
    """
    from orchestration.clock import advance_sandbox

    match = DURATION.match(duration.strip().lower())
    if match is None:
        _fail(f"{duration!r} is no duration: a number and s, m, h, d or w, such as 1h")
    seconds = float(match.group(1)) * SECONDS[match.group(2)]
    print(f"it is {advance_sandbox(_settings(context), seconds):%Y-%m-%d %H:%M:%S} UTC there now")


@sources_app.callback(invoke_without_command=True)
def list_sources(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for programs.")] = False,
) -> None:
    """What is on, when it was last loaded, how stale it is, and how many calls of the day are used.

    What is off is listed with what it takes to switch it on.

    [dim]revlake sources
    revlake sources test hubspot[/]
    """
    if context.invoked_subcommand is not None:
        return
    from orchestration.sources import sources
    from orchestration.sources_table import show

    found = sources(_settings(context))
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        show(_console(), found)


@sources_app.command("test")
def check_sources(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(show_default=False, help="Default: all that are on.")
    ] = None,
) -> None:
    """Ask the vendor for a little of each entity, and say which permission is missing.

    Nothing is landed; each entity costs a few calls. Exit 1 if anything cannot be read.

    [dim]revlake sources test salesforce[/]
    """
    from orchestration.sources import looks, testable
    from orchestration.sources_table import show_looks

    settings, console = _settings(context), _console()
    is_well = True
    for source in testable(settings, name):
        is_well &= show_looks(console, source, looks(settings, source))
    raise typer.Exit(0 if is_well else 1)


@dashboards_app.command()
def push(context: typer.Context) -> None:
    """Deploy the repository's dashboards, roles and logins to Superset, and check every chart."""
    from orchestration.console import terminal, waiting
    from orchestration.dashboards import deploy_dashboards

    console = terminal()
    with waiting(console, "deploying the dashboards"):
        deployment = deploy_dashboards(_settings(context))
    for slug, charts in deployment.dashboards.items():
        console.print(f"{slug}: {charts['charts']} charts, {charts['failed']} failed")
    for problem in deployment.problems:
        console.print(f"[red]{problem}[/]", highlight=False)
    if deployment.problems:
        raise typer.Exit(1)


@dashboards_app.command()
def pull(context: typer.Context) -> None:
    """Write what was drawn in Superset back into the repository, ready to review and commit."""
    from orchestration.dashboards import pull_dashboards

    for line in pull_dashboards(_settings(context)):
        print(line)


def main() -> None:
    """Run the command; a known error is a message, not a traceback."""
    collect_seldom()
    try:
        app()
    except RevlakeError as error:
        _fail(str(error))


def _settings(context: typer.Context, port_base: int | None = None) -> Settings:
    """The settings of this call; processes that it starts read the same from the environment."""
    from orchestration.settings import child_environment

    settings = load_settings(data=context.obj["data"], port_base=port_base)
    os.environ.update(child_environment(settings))
    return settings


def _console() -> Console:
    return Console()


def _print_steps(console: Console, steps: dict[str, float], seconds: float) -> None:
    table = Table("step", "seconds", title=f"{seconds:.1f} s in all", title_justify="left")
    for step, taken in steps.items():
        table.add_row(step, f"{taken:.1f}")
    console.print(table)


def _fail(message: str) -> NoReturn:
    Console(stderr=True).print(f"[red]revlake:[/] {message}", highlight=False, soft_wrap=True)
    raise SystemExit(1)
