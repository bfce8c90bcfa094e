"""dbt-duckdb plugin: opens the release that is being built and reads Delta tables offline.

A published release is opened to be read: MetricFlow asks it, and nothing can change it.

The release directory comes from REVLAKE_RELEASE_DIR at connection time and not from the profile:
dbt drops its parse cache when a profile value changes, and every refresh builds into another
directory. The lake's address comes from REVLAKE_LAKE_URL in the same way, as DuckDB's variable
`lake_url`, so that what dbt parsed holds wherever the data lies. The delta extension comes from the
duckdb-extension-delta wheel; nothing is downloaded.
"""

import os
from importlib import metadata
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

EXTENSION_WHEEL = "duckdb-extension-delta"
MARTS = "lakehouse.duckdb"
MAY_WRITE = 0o222


def release_directory() -> Path:
    """Directory of the two database files; `target` of the project when the variable is not set."""
    directory = Path(os.environ.get("REVLAKE_RELEASE_DIR", "target")).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def lake_url() -> str:
    """Where the raw log and the models' tables lie; `data/lake` when the variable is not set."""
    return os.environ.get("REVLAKE_LAKE_URL", "data/lake")


def is_published() -> bool:
    """Whether people read the release: publishing takes the write permission from its files."""
    file = release_directory() / MARTS
    return file.is_file() and not file.stat().st_mode & MAY_WRITE


def delta_extension() -> Path:
    """The delta extension built for the installed DuckDB.

    Raises FileNotFoundError, naming the wheel, when the wheel is for another version.
    """
    wanted = f"v{duckdb.__version__}/delta.duckdb_extension"
    files = metadata.files(EXTENSION_WHEEL) or []
    for file in files:
        if file.as_posix().endswith(wanted):
            return Path(str(file.locate()))
    raise FileNotFoundError(
        f"{EXTENSION_WHEEL} has no {wanted}: install the version of the wheel that equals "
        f"the version of duckdb ({duckdb.__version__})"
    )


class Plugin(BasePlugin):
    """Points the connection at the release and loads the delta extension from the wheel."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        creds.path = str(release_directory() / MARTS)
        config["autoinstall_known_extensions"] = False
        if is_published():
            config["access_mode"] = "READ_ONLY"

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        conn.execute(f"load '{delta_extension()}'")
        warehouse = release_directory() / "warehouse.duckdb"
        how = "(read_only)" if is_published() else ""
        conn.execute(f"attach if not exists '{warehouse}' as warehouse {how}")

    def configure_cursor(self, cursor: DuckDBPyConnection) -> None:
        """Each cursor is a connection of its own, and variables are a connection's."""
        cursor.execute("set variable lake_url = $url", {"url": lake_url()})
