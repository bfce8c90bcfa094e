"""dbt as a process of Revlake's: `python -m orchestration.dbt_process build …` is `dbt build …`."""

from dbt.cli.main import cli

if __name__ == "__main__":
    cli()
