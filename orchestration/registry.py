"""The model registry: MLflow over SQLite in the data directory.

A version keeps the model's bytes, its backtest, the versions of its data and of the libraries.
Which version speaks is written down as the alias `champion`; it is never 'the latest file'.
"""

import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from models_ml.common.metric import Metric

CHAMPION = "champion"
MODEL_FILE = "model.json"
BACKTEST_FILE = "backtest.parquet"
PLOT_FILE = "backtest.png"
# What MLflow takes at once.
MOST_METRICS = 1000
RECORDED_LIBRARIES = ("lightgbm", "numpy", "polars", "scikit-learn")


@dataclass(frozen=True)
class Version:
    """A registered model version and the folder of its files."""

    model: str
    number: str
    run_id: str
    folder: Path

    def model_bytes(self) -> bytes:
        return (self.folder / MODEL_FILE).read_bytes()

    def backtest(self) -> pl.DataFrame:
        return pl.read_parquet(self.folder / BACKTEST_FILE)


class Registry:
    """One registry directory. Opening it imports MLflow, which takes two seconds."""

    def __init__(self, directory: Path) -> None:
        from mlflow import MlflowClient

        self._directory = directory
        uri = f"sqlite:///{directory / 'mlflow.db'}"
        self._client: MlflowClient = MlflowClient(tracking_uri=uri, registry_uri=uri)

    def register(
        self,
        model: str,
        *,
        content: bytes,
        backtest: pl.DataFrame,
        parameters: Mapping[str, object],
        data_versions: Mapping[str, int],
    ) -> Version:
        """Keep a trained model as the next version; it speaks only after `promote`."""
        from mlflow.entities import Param

        run = self._client.create_run(self._experiment(model))
        run_id = run.info.run_id
        facts = {
            **parameters,
            **{f"data.{name}": version for name, version in data_versions.items()},
            **{f"library.{name}": metadata.version(name) for name in RECORDED_LIBRARIES},
        }
        self._client.log_batch(
            run_id, params=[Param(name, str(value)[:500]) for name, value in facts.items()]
        )
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / MODEL_FILE).write_bytes(content)
            backtest.write_parquet(Path(folder) / BACKTEST_FILE)
            self._client.log_artifacts(run_id, folder, "model")
        self._client.set_terminated(run_id)
        self._registered(model)
        made = self._client.create_model_version(
            model, source=f"{run.info.artifact_uri}/model", run_id=run_id
        )
        return self._version(model, str(made.version))

    def record_metrics(
        self, version: Version, metrics: Iterable["Metric"], *, plot: bytes | None
    ) -> None:
        """Log each figure, and the baseline's beside it, to the version's run."""
        from mlflow.entities import Metric as Logged

        from models_ml.common.metric import headline

        measured = list(metrics)
        theirs = {
            f"{metric.metric}.{metric.baseline_name}": metric.baseline_value
            for metric in measured
            if metric.baseline_value is not None
        }
        figures = headline(measured) | theirs
        now = int(time.time() * 1000)
        logged = [Logged(name, value, now, 0) for name, value in figures.items()]
        for start in range(0, len(logged), MOST_METRICS):
            batch = logged[start : start + MOST_METRICS]
            self._client.log_batch(version.run_id, metrics=batch)
        if plot is not None:
            (version.folder / PLOT_FILE).write_bytes(plot)

    def promote(self, version: Version) -> None:
        """From now on this version speaks."""
        self._client.set_registered_model_alias(version.model, CHAMPION, version.number)

    def champion(self, model: str) -> Version | None:
        """The version that speaks, or None while none has beaten its baseline."""
        self._registered(model)
        number = self._client.get_registered_model(model).aliases.get(CHAMPION)
        return self._version(model, str(number)) if number else None

    def version(self, model: str, number: str) -> Version:
        return self._version(model, number)

    def _version(self, model: str, number: str) -> Version:
        found = self._client.get_model_version(model, number)
        return Version(
            model=model,
            number=number,
            run_id=str(found.run_id),
            folder=self._directory
            / "artifacts"
            / model
            / str(found.run_id)
            / "artifacts"
            / "model",
        )

    def _experiment(self, model: str) -> str:
        found = self._client.get_experiment_by_name(model)
        if found is not None:
            return str(found.experiment_id)
        location = (self._directory / "artifacts" / model).absolute().as_uri()
        return str(self._client.create_experiment(model, artifact_location=location))

    def _registered(self, model: str) -> None:
        if not self._client.search_registered_models(f"name = '{model}'"):
            self._client.create_registered_model(model)
