"""dbt as a process of Revlake's: `python -m orchestration.dbt_process build …` is `dbt build …`."""

import atexit
import os
import sys

from orchestration.garbage import collect_seldom


def main() -> None:
    """Run the command; ends the process with dbt's exit code.

    It ends at once: taking apart all that dbt holds would take as long as loading half of it.
    """
    collect_seldom()
    from dbt.cli.main import cli

    try:
        cli()
    except SystemExit as end:
        atexit._run_exitfuncs()  # closes the database, among others
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else 1)


if __name__ == "__main__":
    main()
