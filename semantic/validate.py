"""Checks of the dashboards-as-code tree that Superset's own import does not make.

The import answers 200 OK to a dashboard that names a missing chart and then drops charts; a chart
with a misspelt column fails only in front of a reader. Here both are errors before anything is
sent. Pure: documents in, problems out.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from semantic.assets import KINDS, Assets, Document
from semantic.query_context import as_list, supported

REQUIRED = {
    "databases": ("uuid", "database_name"),
    "datasets": ("uuid", "table_name", "database_uuid", "columns"),
    "charts": ("uuid", "slice_name", "viz_type", "params", "dataset_uuid"),
    "dashboards": ("uuid", "dashboard_title", "slug", "position"),
}
UNIQUE = {
    "databases": ("uuid", "database_name"),
    "datasets": ("uuid", "table_name"),
    "charts": ("uuid",),
    "dashboards": ("uuid", "slug"),
}
COLUMN_PARAMS = (
    "all_columns",
    "column",
    "columns",
    "entity",
    "granularity_sqla",
    "groupby",
    "groupbyColumns",
    "groupbyRows",
    "series",
    "source",
    "target",
    "x_axis",
)
METRIC_PARAMS = (
    "metric",
    "metrics",
    "percent_metrics",
    "secondary_metric",
    "series_limit_metric",
    "size",
    "timeseries_limit_metric",
    "x",
    "y",
)


@dataclass(frozen=True, order=True)
class Problem:
    """One fault: the file it is in and what is wrong there."""

    file: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.message}"


def check(assets: Assets) -> list[Problem]:
    """All faults of the tree, in order; empty when it can be deployed."""
    problems = [*_one_database(assets), *_missing_keys(assets), *_doubles(assets)]
    if problems:
        return sorted(problems)
    return sorted({*_datasets(assets), *_charts(assets), *_dashboards(assets)})


def _one_database(assets: Assets) -> Iterator[Problem]:
    if len(assets.databases) != 1:
        yield Problem("databases", f"one file is needed, there are {len(assets.databases)}")


def _missing_keys(assets: Assets) -> Iterator[Problem]:
    for kind in KINDS:
        for file, document in assets.of(kind).items():
            for key in REQUIRED[kind]:
                if document.get(key) in (None, ""):
                    yield Problem(file, f"{key} is missing")


def _doubles(assets: Assets) -> Iterator[Problem]:
    for kind in KINDS:
        for key in UNIQUE[kind]:
            counts = Counter(str(document.get(key)) for document in assets.of(kind).values())
            for file, document in assets.of(kind).items():
                if counts[str(document.get(key))] > 1:
                    yield Problem(file, f"{key} {document.get(key)} is used by another file")


def _datasets(assets: Assets) -> Iterator[Problem]:
    databases = assets.by_uuid("databases")
    for file, dataset in assets.datasets.items():
        if str(dataset["database_uuid"]) not in databases:
            yield Problem(file, f"database {dataset['database_uuid']} does not exist")
        for kind, key in (("columns", "column_name"), ("metrics", "metric_name")):
            counts = Counter(each[key] for each in dataset.get(kind) or [])
            for name in (name for name, count in counts.items() if count > 1):
                yield Problem(file, f"{key} {name} is there twice")


def columns_of(dataset: Document) -> set[str]:
    """Names of a dataset's columns."""
    return {column["column_name"] for column in dataset["columns"]}


def metrics_of(dataset: Document) -> set[str]:
    """Names of a dataset's saved metrics."""
    return {metric["metric_name"] for metric in dataset.get("metrics") or []}


def _charts(assets: Assets) -> Iterator[Problem]:
    datasets = assets.by_uuid("datasets")
    for file, chart in assets.charts.items():
        dataset = datasets.get(str(chart["dataset_uuid"]))
        if dataset is None:
            yield Problem(file, f"dataset {chart['dataset_uuid']} does not exist")
            continue
        if chart["viz_type"] not in supported() and not chart.get("query_context"):
            allowed = ", ".join(supported())
            yield Problem(
                file, f"viz_type {chart['viz_type']} needs a query_context; generated: {allowed}"
            )
        name, params = dataset["table_name"], chart["params"]
        for column in sorted(set(used_columns(params)) - columns_of(dataset)):
            yield Problem(file, f"column {column} is not in dataset {name}")
        for metric in sorted(set(used_metrics(params)) - metrics_of(dataset)):
            yield Problem(file, f"metric {metric} is not in dataset {name}")


def used_columns(params: Mapping[str, Any]) -> Iterator[str]:
    """Every dataset column that a chart's form data names."""
    for key in COLUMN_PARAMS:
        for value in _both_queries(params, key):
            if isinstance(value, str):
                yield value
    for key in METRIC_PARAMS:
        for value in _both_queries(params, key):
            if isinstance(value, dict) and value.get("expressionType") == "SIMPLE":
                yield value["column"]["column_name"]
    for entry in _both_queries(params, "adhoc_filters"):
        if entry.get("expressionType") != "SQL":
            yield entry["subject"]
    for entry in as_list(params.get("order_by_cols")):
        yield json.loads(entry)[0] if isinstance(entry, str) else entry[0]
    yield from params.get("temporal_columns_lookup") or {}


def used_metrics(params: Mapping[str, Any]) -> Iterator[str]:
    """Every saved metric that a chart's form data names."""
    for key in METRIC_PARAMS:
        for value in _both_queries(params, key):
            if isinstance(value, str):
                yield value


def _both_queries(params: Mapping[str, Any], key: str) -> list[Any]:
    return [*as_list(params.get(key)), *as_list(params.get(f"{key}_b"))]


def charts_of(dashboard: Document) -> list[str]:
    """The uuids of the charts that a dashboard's layout places."""
    return [
        str(item.get("meta", {}).get("uuid"))
        for item in dashboard["position"].values()
        if isinstance(item, dict) and item.get("type") == "CHART"
    ]


def _dashboards(assets: Assets) -> Iterator[Problem]:
    charts = assets.by_uuid("charts")
    for file, dashboard in assets.dashboards.items():
        for uuid in charts_of(dashboard):
            if uuid not in charts:
                yield Problem(file, f"chart {uuid} does not exist")
        yield from _layout(file, dashboard["position"])
        yield from _native_filters(file, dashboard, assets.by_uuid("datasets"))


def _layout(file: str, position: Mapping[str, Any]) -> Iterator[Problem]:
    if "ROOT_ID" not in position:
        yield Problem(file, "position has no ROOT_ID")
        return
    reached, waiting = set(), ["ROOT_ID"]
    while waiting:
        key = waiting.pop()
        if key in reached:
            continue
        reached.add(key)
        for child in position[key].get("children", []):
            if child in position:
                waiting.append(child)
            else:
                yield Problem(file, f"position {key} names {child}, which does not exist")
    for key, item in position.items():
        if isinstance(item, dict) and item.get("type") == "CHART" and key not in reached:
            yield Problem(file, f"position {key} is not placed anywhere")


def _native_filters(
    file: str, dashboard: Document, datasets: Mapping[str, Document]
) -> Iterator[Problem]:
    for native in (dashboard.get("metadata") or {}).get("native_filter_configuration") or []:
        where = f"filter {native.get('name', native.get('id'))}"
        if "chartsInScope" in native:
            yield Problem(file, f"{where}: leave chartsInScope out, it holds ids of one server")
        for target in native.get("targets") or []:
            if not target:
                continue
            dataset = datasets.get(str(target.get("datasetUuid")))
            column = (target.get("column") or {}).get("name")
            if dataset is None:
                yield Problem(file, f"{where}: dataset {target.get('datasetUuid')} does not exist")
            elif column not in columns_of(dataset):
                name = dataset["table_name"]
                yield Problem(file, f"{where}: column {column} is not in dataset {name}")
