"""Where everything lies: the project's own files, and the one data directory that running fills."""

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class DataPaths:
    """The data directory's rooms. Nothing is created by naming them: see `create`."""

    root: Path

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def serving(self) -> Path:
        return self.root / "serving"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def workspace(self) -> Path:
        """Where Dagster's web server and daemon find the code server."""
        return self.dagster / "workspace.yaml"

    @property
    def superset(self) -> Path:
        return self.root / "superset"

    @property
    def mlflow(self) -> Path:
        return self.root / "mlflow"

    @property
    def dlt(self) -> Path:
        return self.root / "dlt"

    @property
    def dbt(self) -> Path:
        return self.root / "dbt"

    @property
    def sandbox(self) -> Path:
        return self.root / "sandbox"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.toml"

    @property
    def port_base(self) -> Path:
        """The port base that `--port-base` chose for this directory, for later commands."""
        return self.run / "port_base"

    @property
    def hold(self) -> Path:
        """Names the process for which Dagster's services hold back their start."""
        return self.run / "hold"

    def create(self) -> None:
        """Make the rooms; the directory itself is closed to other users, for it holds secrets."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root.chmod(0o700)
        for room in (
            self.lake,
            self.serving,
            self.dagster,
            self.superset,
            self.mlflow,
            self.dlt,
            self.dbt,
            self.sandbox,
            self.logs,
            self.run,
        ):
            room.mkdir(exist_ok=True)
