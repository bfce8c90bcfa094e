"""MetricFlow's semantic manifest → Superset datasets with certified metrics.

A metric is defined once, in `semantic/metrics`. MetricFlow reads it there; Superset gets it from
here: every semantic model with measures becomes a virtual dataset in which each measure is a
column and each metric an aggregate over it, joined with the dimensions of the entities that it
names, one hop away. A metric over several semantic models (quota attainment: bookings ÷ quota)
names its `dataset` in `config.meta`; that dataset is the union of those models' rows over the
dimensions they share, which gives the same ratio under every filter, since all its measures add.

A dataset whose rows no person owns (spend, forecasts) has no `rep_username` and `manager_username`,
so that it is granted to no rep and no manager: see `superset/roles.yml`.

`config.meta` of a metric: `kind` (one of `dataset.FORMATS`: money, rate, count …) sets its format;
`dataset: none` keeps a helper metric out of Superset; `also_in` repeats it in a second dataset.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semantic.dataset import FORMATS, Column, Dataset, Metric

UNION_DATE = "metric_date"

ADDITIVE = frozenset({"sum", "count", "sum_boolean"})


class CompileError(Exception):
    """A metric cannot be expressed in Superset; the message names it and the mend."""


def load_manifests(target_dir: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The semantic manifest and dbt's manifest that `dbt parse` left in `target_dir`."""
    try:
        semantic = json.loads((target_dir / "semantic_manifest.json").read_text("utf-8"))
        project = json.loads((target_dir / "manifest.json").read_text("utf-8"))
    except FileNotFoundError as error:
        raise CompileError(f"{error.filename} is missing: run `dbt parse` first") from error
    return semantic, project


def column_types(project_manifest: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Model alias → column → data type, from the marts' contracts."""
    return {
        node["alias"]: {
            name: str(column.get("data_type") or "VARCHAR").upper()
            for name, column in node["columns"].items()
        }
        for node in project_manifest["nodes"].values()
        if node["resource_type"] == "model"
    }


def compile_datasets(
    semantic_manifest: Mapping[str, Any], project_manifest: Mapping[str, Any]
) -> tuple[Dataset, ...]:
    """All datasets, ordered by name.

    Raises CompileError for a metric whose dataset is ambiguous, or whose filter or type has no
    translation.
    """
    models = {model["name"]: model for model in semantic_manifest["semantic_models"]}
    metrics = {metric["name"]: metric for metric in semantic_manifest["metrics"]}
    facts = {
        name: _fact(model, models, column_types(project_manifest)) for name, model in models.items()
    }
    placed: dict[str, set[str]] = {}
    sources: dict[str, set[str]] = {}
    for name, metric in metrics.items():
        dataset = metric["config"]["meta"].get("dataset") if metric.get("config") else None
        owners = {_owner(models, measure) for measure in _measures(metrics, name)}
        if dataset is None and len(owners) > 1:
            raise CompileError(
                f"metric {name}: reads {', '.join(sorted(owners))}; "
                "name a dataset in its config.meta"
            )
        if dataset == "none":
            continue
        home = dataset or next(iter(owners))
        for target in {home, metric["config"]["meta"].get("also_in", home)}:
            placed.setdefault(target, set()).add(name)
            sources.setdefault(target, set()).update(owners)
        if dataset:
            placed[home].update(_inputs(metrics, name))
    datasets = []
    for home, names in placed.items():
        compiled = tuple(_metric(metrics, models, name) for name in sorted(names))
        if home in models:
            datasets.append(_model_dataset(home, facts[home], compiled))
        else:
            wanted = sorted({measure for name in names for measure in _measures(metrics, name)})
            datasets.append(
                _union_dataset(home, [facts[m] for m in sorted(sources[home])], wanted, compiled)
            )
    for dataset in datasets:
        clash = {c.name for c in dataset.columns} & {m.name for m in dataset.metrics}
        if clash:
            raise CompileError(
                f"dataset {dataset.name}: {', '.join(sorted(clash))} is a column and a metric; "
                "rename the dimension or measure"
            )
    return tuple(sorted(datasets, key=lambda dataset: dataset.name))


@dataclass(frozen=True)
class _Join:
    entity: str
    fact_expression: str
    relation: str
    key: str
    columns: tuple[Column, ...]
    expressions: tuple[str, ...]


@dataclass(frozen=True)
class _Fact:
    """A semantic model with its columns resolved: what a dataset is assembled from."""

    name: str
    description: str
    relation: str
    columns: tuple[Column, ...]
    expressions: Mapping[str, str]
    measures: Mapping[str, Mapping[str, Any]]
    time_column: str | None
    joins: tuple[_Join, ...]


def _fact(
    model: Mapping[str, Any],
    models: Mapping[str, Any],
    types: Mapping[str, Mapping[str, str]],
) -> _Fact:
    _refuse_subqueries(model)
    columns = _dimensions(model, types)
    joins = tuple(_joins(model, models, types))
    expressions = {d["name"]: d["expr"] or d["name"] for d in model["dimensions"]}
    seen = {column.name: model["name"] for column in columns}
    for join in joins:
        for column in join.columns:
            if column.name in seen:
                raise CompileError(
                    f"semantic model {model['name']}: dimension {column.name} comes from "
                    f"{seen[column.name]} and from {join.entity}; rename one in semantic/metrics"
                )
            seen[column.name] = join.entity
    return _Fact(
        name=model["name"],
        description=model["description"] or "",
        relation=_relation(model),
        columns=columns,
        expressions=expressions,
        measures={measure["name"]: measure for measure in model["measures"]},
        time_column=(model["defaults"] or {}).get("agg_time_dimension"),
        joins=joins,
    )


def _refuse_subqueries(model: Mapping[str, Any]) -> None:
    """An expression reads its own model only: dbt would not see what else it depends on."""
    for part in (*model["dimensions"], *model["measures"]):
        if re.search(r"\bselect\b", part["expr"] or "", re.IGNORECASE):
            raise CompileError(
                f"semantic model {model['name']}: {part['name']} reads another table; make it a "
                f"column of {_relation(model)}"
            )


def _joins(
    model: Mapping[str, Any],
    models: Mapping[str, Any],
    types: Mapping[str, Mapping[str, str]],
) -> Iterable[_Join]:
    """Models one hop away whose primary entity this one names; they bring their dimensions."""
    for entity in model["entities"]:
        for other in models.values():
            target = next((e for e in other["entities"] if e["name"] == entity["name"]), None)
            if other is model or target is None or target["type"] not in ("primary", "unique"):
                continue
            if other["measures"] and entity["type"] == "foreign":
                continue  # a fact does not take another fact's columns
            columns = _dimensions(other, types)
            expressions = {d["name"]: d["expr"] or d["name"] for d in other["dimensions"]}
            yield _Join(
                entity=f"{entity['name']}_of_{other['name']}",
                fact_expression=entity["expr"] or entity["name"],
                relation=_relation(other),
                key=target["expr"] or target["name"],
                columns=columns,
                expressions=tuple(expressions[column.name] for column in columns),
            )


def _dimensions(
    model: Mapping[str, Any], types: Mapping[str, Mapping[str, str]]
) -> tuple[Column, ...]:
    known = types.get(model["node_relation"]["alias"], {})
    return tuple(
        Column(
            name=dimension["name"],
            label=dimension["label"] or _label(dimension["name"]),
            type=known.get(dimension["expr"] or dimension["name"], "VARCHAR"),
            is_time=dimension["type"] == "time",
            description=dimension["description"] or "",
        )
        for dimension in model["dimensions"]
    )


def _model_dataset(name: str, fact: _Fact, metrics: tuple[Metric, ...]) -> Dataset:
    measures = {m: _measure_expression(measure) for m, measure in fact.measures.items()}
    own = {column.name: fact.expressions[column.name] for column in fact.columns}
    return Dataset(
        name=name,
        description=fact.description,
        sql=_select(fact, {**own, **measures}, fact.joins),
        main_time_column=fact.time_column,
        columns=(
            *fact.columns,
            *(Column(m, _label(m), "DOUBLE") for m in measures),
            *(column for join in fact.joins for column in join.columns),
        ),
        metrics=metrics,
    )


def _union_dataset(
    name: str, facts: list[_Fact], wanted: list[str], metrics: tuple[Metric, ...]
) -> Dataset:
    shared = set.intersection(*({join.entity for join in fact.joins} for fact in facts))
    selects = []
    for fact in facts:
        own = {m: fact.measures[m] for m in wanted if m in fact.measures}
        for measure in own.values():
            if measure["agg"] not in ADDITIVE or measure["non_additive_dimension"]:
                raise CompileError(
                    f"dataset {name}: measure {measure['name']} is no plain sum and cannot be "
                    f"united; allowed aggregations: {', '.join(sorted(ADDITIVE))}"
                )
            if measure["agg_time_dimension"] not in (None, fact.time_column):
                raise CompileError(
                    f"dataset {name}: {measure['name']} is dated by "
                    f"{measure['agg_time_dimension']}, the others of {fact.name} by "
                    f"{fact.time_column}"
                )
        columns = {UNION_DATE: fact.expressions[fact.time_column or ""]}
        columns |= {m: _measure_expression(own[m]) if m in own else "null" for m in wanted}
        selects.append(
            _select(fact, columns, tuple(join for join in fact.joins if join.entity in shared))
        )
    return Dataset(
        name=name,
        description=f"{' and '.join(f.name for f in facts)}, over the dimensions they share.",
        sql="\nunion all\n".join(selects),
        main_time_column=UNION_DATE,
        columns=(
            Column(UNION_DATE, "Date", "DATE", is_time=True),
            *(Column(m, _label(m), "DOUBLE") for m in wanted),
            *(c for join in facts[0].joins if join.entity in shared for c in join.columns),
        ),
        metrics=metrics,
    )


def _select(fact: _Fact, columns: Mapping[str, str], joins: tuple[_Join, ...]) -> str:
    """The fact's columns, then those of the joined models; expressions see only their own model."""
    inner = [f"{expression} as {name}" for name, expression in columns.items()]
    inner += [f"{join.fact_expression} as {join.entity}__key" for join in joins]
    outer = [f"fact.{name}" for name in columns]
    sides = []
    for join in joins:
        outer += [
            f"{join.entity}.{expression} as {column.name}"
            for column, expression in zip(join.columns, join.expressions, strict=True)
        ]
        sides.append(
            f"left join {join.relation} as {join.entity}\n"
            f"    on fact.{join.entity}__key = {join.entity}.{join.key}"
        )
    return "\n".join(
        [
            "select\n    " + ",\n    ".join(outer),
            "from (\n    select\n        " + ",\n        ".join(inner),
            f"    from {fact.relation}\n) as fact",
            *sides,
        ]
    )


def _measure_expression(measure: Mapping[str, Any]) -> str:
    expression = measure["expr"] or measure["name"]
    if measure["agg"] == "count":
        return f"case when {expression} is not null then 1 else 0 end"
    if measure["agg"] == "sum_boolean":
        return f"case when {expression} then 1 else 0 end"
    return str(expression)


def _metric(metrics: Mapping[str, Any], models: Mapping[str, Any], name: str) -> Metric:
    metric = metrics[name]
    kind = metric["config"]["meta"].get("kind")
    if kind not in FORMATS:
        raise CompileError(
            f"metric {name}: config.meta.kind is {kind!r}; allowed: {', '.join(FORMATS)}"
        )
    return Metric(
        name=name,
        label=metric["label"] or _label(name),
        expression=_expression(metrics, models, name),
        kind=kind,
        description=metric["description"] or "",
    )


def _expression(metrics: Mapping[str, Any], models: Mapping[str, Any], name: str) -> str:
    metric = metrics[name]
    if metric["filter"]:
        raise CompileError(f"metric {name}: put the filter into the measure's `case when`")
    params = metric["type_params"]
    if metric["type"] == "simple":
        return _aggregate(models, params["measure"]["name"])
    if metric["type"] == "ratio":
        numerator = _expression(metrics, models, params["numerator"]["name"])
        denominator = _expression(metrics, models, params["denominator"]["name"])
        return f"1.0 * {numerator} / nullif({denominator}, 0)"
    if metric["type"] == "derived":
        inputs = {i["alias"] or i["name"]: i["name"] for i in params["metrics"]}
        pattern = re.compile(r"\b(" + "|".join(map(re.escape, inputs)) + r")\b")
        return pattern.sub(
            lambda match: f"({_expression(metrics, models, inputs[match[0]])})", params["expr"]
        )
    raise CompileError(f"metric {name}: type {metric['type']}; allowed: simple, ratio, derived")


def _aggregate(models: Mapping[str, Any], measure_name: str) -> str:
    measure = next(
        m for model in models.values() for m in model["measures"] if m["name"] == measure_name
    )
    functions = {"count_distinct": "count(distinct {})", "average": "avg({})"}
    template = functions.get(measure["agg"], "sum({})")
    if measure["agg"] not in {*ADDITIVE, *functions, "min", "max", "median"}:
        raise CompileError(
            f"measure {measure_name}: aggregation {measure['agg']} is not translated"
        )
    if measure["agg"] in ("min", "max", "median"):
        template = measure["agg"] + "({})"
    expression = template.format(measure_name)
    instant = measure["non_additive_dimension"]
    if instant:
        return f"case when count(distinct {instant['name']}) = 1 then {expression} end"
    return expression


def _measures(metrics: Mapping[str, Any], name: str) -> list[str]:
    if name not in metrics:
        raise CompileError(f"metric {name} is not defined in semantic/metrics")
    return [measure["name"] for measure in metrics[name]["type_params"]["input_measures"]]


def _inputs(metrics: Mapping[str, Any], name: str) -> set[str]:
    """The metrics that a ratio or derived metric is made of, so that a dataset shows them too."""
    params = metrics[name]["type_params"]
    direct = [params["numerator"], params["denominator"], *params["metrics"]]
    return {entry["name"] for entry in direct if entry}


def _owner(models: Mapping[str, Any], measure: str) -> str:
    return next(
        str(name)
        for name, model in models.items()
        if any(m["name"] == measure for m in model["measures"])
    )


def _relation(model: Mapping[str, Any]) -> str:
    return f"{model['node_relation']['schema_name']}.{model['node_relation']['alias']}"


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
