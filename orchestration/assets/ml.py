"""`ml/<model>/{training_set,model,evaluation,predictions}` for every model of models_ml.

At night a model is trained, measured against its named baseline over a backtest, and promoted only
if it beats it. Every hour the promoted version scores, whatever was trained since.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    MaterializeResult,
    MetadataValue,
    asset,
)

from orchestration import keys
from orchestration.assets.publish import NIGHTLY
from orchestration.release import find_candidate
from orchestration.resources import WRITER, WRITER_POOL
from orchestration.settings import Settings

if TYPE_CHECKING:
    import polars as pl

    from orchestration.registry import Registry, Version

TRAINED = "trained"
BEATS_BASELINE = "beats_baseline"
VERSION = "model_version"

Frames = Mapping[str, "pl.DataFrame"]
Results = Iterator[MaterializeResult[Any] | AssetCheckResult]


@dataclass(frozen=True)
class Model:
    """A folder of models_ml, its feature tables by name, and how they become what it reads.

    `needs` are models whose champion this one is handed. With `replays` the backtest's forecasts go
    into the ledger before the first real one, so that it has a past from the first day. With
    `explains`, the newest scores with their reasons are kept beside the ledger, in `current`.
    """

    name: str
    frames: Mapping[str, str]
    assemble: Callable[[Frames], Any] = lambda frames: next(iter(frames.values()))
    needs: tuple[str, ...] = field(default=())
    replays: bool = False
    explains: bool = False
    train_arguments: Callable[[Mapping[str, Any], "pl.DataFrame"], dict[str, Any]] = (
        lambda champions, backtest: {}
    )

    def part(self, name: str) -> ModuleType:
        return import_module(f"models_ml.{self.name}.{name}")


def _history(frames: Frames) -> Any:
    from models_ml.forecasting.history import History

    return History(**frames)


MODELS = (
    Model("lead_scoring", {"rows": "ftr_lead_scoring__lead_day"}, explains=True),
    Model("win_probability", {"rows": "ftr_win_probability__opportunity_week"}, explains=True),
    Model(
        "forecasting",
        {
            "pipeline": "ftr_win_probability__opportunity_week",
            "outcomes": "ftr_forecasting__opportunity_outcome",
            "calendar": "ftr_forecasting__period",
        },
        assemble=_history,
        needs=("win_probability",),
        replays=True,
        train_arguments=lambda champions, backtest: {
            "win_model": champions["win_probability"],
            "backtest": backtest,
        },
    ),
)


def ml_assets(settings: Settings) -> list[AssetsDefinition]:
    return [
        step
        for model in MODELS
        for step in (
            _training_set(settings, model),
            _model(settings, model),
            _evaluation(settings, model),
            _predictions(settings, model),
        )
    ]


def _training_set(settings: Settings, model: Model) -> AssetsDefinition:
    @asset(
        deps=_feature_keys(model),
        kinds={"deltalake"},
        **_common(model, "training_set", nightly=True),
    )
    def training_set(context: AssetExecutionContext) -> MaterializeResult[Any]:
        """The features of this run, kept as Delta: its version is the model's data version."""
        from orchestration.ml_tables import read_features, replace

        candidate = find_candidate(settings.paths.serving, run=context.run_id)
        folder = settings.paths.lake / "ml" / model.name / "training_set"
        metadata: dict[str, Any] = {}
        for name, table in model.frames.items():
            frame = read_features(candidate.database("warehouse"), table)
            metadata[f"{name}_delta_version"] = replace(folder / name, frame)
            metadata[f"{name}_rows"] = frame.height
        return MaterializeResult(metadata=metadata)

    return training_set


def _model(settings: Settings, model: Model) -> AssetsDefinition:
    key = keys.ml(model.name, "model")
    deps = [keys.ml(model.name, "training_set")]
    deps += [keys.ml(other, "evaluation") for other in model.needs]

    @asset(
        deps=deps,
        check_specs=[
            AssetCheckSpec(
                TRAINED, asset=key, description="There was enough history to learn from."
            )
        ],
        kinds={"lightgbm", "mlflow"},
        **_common(model, "model", nightly=True),
    )
    def trained(context: AssetExecutionContext) -> Results:
        """Backtest, then train on everything known, then register; nobody is scored with it yet."""
        from deltalake import DeltaTable

        from models_ml.common.data_gate import NotEnoughData
        from orchestration.ml_tables import read

        began = time.monotonic()
        folder = settings.paths.lake / "ml" / model.name / "training_set"
        data = model.assemble({name: read(folder / name) for name in model.frames})
        registry = _registry(settings)
        champions = {
            other: _load(registry, other, registry.champion(other)) for other in model.needs
        }
        try:
            backtest = model.part("evaluate").backtest(data)
            learnt = model.part("train").train(data, **model.train_arguments(champions, backtest))
        except NotEnoughData as refusal:
            yield MaterializeResult(key, metadata={VERSION: "none", "refusal": str(refusal)})
            yield AssetCheckResult(
                check_name=TRAINED,
                passed=False,
                severity=AssetCheckSeverity.WARN,
                metadata={"refusal": str(refusal)},
            )
            return
        version = registry.register(
            model.name,
            content=learnt.to_bytes(),
            backtest=backtest,
            parameters=dict(learnt.facts),
            data_versions={name: DeltaTable(str(folder / name)).version() for name in model.frames},
        )
        yield MaterializeResult(
            key,
            metadata={
                VERSION: version.number,
                "backtest_rows": backtest.height,
                "facts": MetadataValue.json({k: str(v) for k, v in learnt.facts.items()}),
                "seconds": round(time.monotonic() - began, 1),
            },
        )
        yield AssetCheckResult(check_name=TRAINED, passed=True)

    return trained


def _evaluation(settings: Settings, model: Model) -> AssetsDefinition:
    key = keys.ml(model.name, "evaluation")

    @asset(
        deps=[keys.ml(model.name, "model")],
        check_specs=[
            AssetCheckSpec(
                BEATS_BASELINE, asset=key, description="The version is better than its baseline."
            )
        ],
        kinds={"deltalake", "mlflow"},
        **_common(model, "evaluation", nightly=True),
    )
    def evaluation(context: AssetExecutionContext) -> Results:
        """The trained version beside its baseline; promoted when better."""
        from models_ml.common.metric import EVALUATION_SCHEMA, evaluations_frame, headline
        from orchestration.ml_tables import append_at, ensure

        folder = settings.paths.lake / "ml" / model.name / "evaluations"
        ensure(folder, EVALUATION_SCHEMA)
        number = _trained_version(context, model)
        if number is None:
            yield MaterializeResult(key, metadata={VERSION: "none", "promoted": False})
            yield AssetCheckResult(
                check_name=BEATS_BASELINE,
                passed=False,
                severity=AssetCheckSeverity.WARN,
                metadata={"refusal": "nothing was trained"},
            )
            return
        registry = _registry(settings)
        version = registry.version(model.name, number)
        part, backtest = model.part("evaluate"), version.backtest()
        metrics = part.evaluate(backtest)
        plot = part.plot(backtest)
        registry.record_metrics(version, metrics, plot=plot)
        promoted = bool(part.is_promotable(metrics))
        if promoted:
            registry.promote(version)
        rows = evaluations_frame(
            metrics,
            model=model.name,
            model_version=number,
            evaluated_at=find_candidate(settings.paths.serving, run=context.run_id).as_of,
            is_champion=promoted,
        )
        append_at(folder, rows, instant="evaluated_at")
        yield MaterializeResult(
            key,
            metadata={
                VERSION: number,
                "promoted": promoted,
                "metrics": MetadataValue.md(_metrics_table(metrics)),
                "plot": MetadataValue.md(_picture(plot)),
                **headline(metrics[:12]),
            },
        )
        yield AssetCheckResult(
            check_name=BEATS_BASELINE, passed=promoted, severity=AssetCheckSeverity.WARN
        )

    return evaluation


def _predictions(settings: Settings, model: Model) -> AssetsDefinition:
    @asset(
        deps=[*_feature_keys(model), keys.ml(model.name, "evaluation")],
        kinds={"deltalake"},
        **_common(model, "predictions", nightly=False),
    )
    def predictions(context: AssetExecutionContext) -> MaterializeResult[Any]:
        """What the promoted version says of today's records, appended with version and time."""
        from models_ml.common.metric import EVALUATION_SCHEMA
        from orchestration.ml_tables import append_at, ensure, read_features, replace, row_count

        folder = settings.paths.lake / "ml" / model.name
        part = model.part("predict")
        ensure(folder / "predictions", part.PREDICTION_SCHEMA)
        if model.explains:
            ensure(folder / "current", part.PREDICTION_SCHEMA)
        ensure(folder / "evaluations", EVALUATION_SCHEMA)
        registry = _registry(settings)
        champion = registry.champion(model.name)
        if champion is None:
            return MaterializeResult(
                metadata={VERSION: "none has beaten its baseline yet", "dagster/row_count": 0}
            )
        candidate = find_candidate(settings.paths.serving, run=context.run_id)
        data = model.assemble(
            {
                name: read_features(candidate.database("warehouse"), table)
                for name, table in model.frames.items()
            }
        )
        frame = part.predict(
            data,
            _load(registry, model.name, champion),
            model_version=champion.number,
            scored_at=candidate.as_of,
        )
        if model.replays and not row_count(folder / "predictions"):
            past = part.as_predictions(
                champion.backtest(), model_version=champion.number, scored_at=candidate.as_of
            )
            frame = past.vstack(frame.select(past.columns))
        delta_version = append_at(folder / "predictions", frame, instant="scored_at")
        if model.explains:
            replace(folder / "current", frame)
        return MaterializeResult(
            metadata={
                VERSION: champion.number,
                "dagster/row_count": frame.height,
                "rows_in_all": row_count(folder / "predictions"),
                "delta_version": delta_version,
                "path": MetadataValue.path(str(folder / "predictions")),
            }
        )

    return predictions


def _common(model: Model, part: str, *, nightly: bool) -> dict[str, Any]:
    key = keys.ml(model.name, part)
    return {
        "key": key,
        "group_name": keys.group(key),
        "tags": NIGHTLY if nightly else {},
        "pool": WRITER_POOL,
        "required_resource_keys": {WRITER},
    }


def _feature_keys(model: Model) -> list[AssetKey]:
    return [AssetKey(["features", table]) for table in dict.fromkeys(model.frames.values())]


def _registry(settings: Settings) -> "Registry":
    from orchestration.registry import Registry

    return Registry(settings.paths.mlflow)


def _load(registry: "Registry", model: str, version: "Version | None") -> Any:
    """The model object of a version, or None: models travel as plain bytes, never as pickles."""
    if version is None:
        return None
    return import_module(f"models_ml.{model}.train").Model.from_bytes(version.model_bytes())


def _trained_version(context: AssetExecutionContext, model: Model) -> str | None:
    """The version that the model step last registered, or None when it refused."""
    event = context.instance.get_latest_materialization_event(keys.ml(model.name, "model"))
    materialization = event.asset_materialization if event else None
    if materialization is None:
        return None
    number = str(materialization.metadata[VERSION].value)
    return None if number == "none" else number


def _metrics_table(metrics: list[Any]) -> str:
    lines = ["| metric | model | baseline | |", "|---|---:|---:|---|"]
    for metric in metrics:
        theirs = "" if metric.baseline_value is None else f"{metric.baseline_value:.4f}"
        lines.append(
            f"| {metric.metric} | {metric.value:.4f} | {theirs} | {metric.baseline_name or ''} |"
        )
    return "\n".join(lines)


def _picture(png: bytes) -> str:
    from base64 import b64encode

    return f"![backtest](data:image/png;base64,{b64encode(png).decode('ascii')})"
