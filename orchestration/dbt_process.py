"""dbt as a process of Revlake's: `python -m orchestration.dbt_process build …` is `dbt build …`."""

from orchestration.garbage import collect_seldom


def main() -> None:
    """Run the command; ends the process with dbt's exit code."""
    collect_seldom()
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
