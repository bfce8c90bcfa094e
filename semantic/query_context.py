"""From a chart's form data to the query that Superset saves with it.

Superset's front end computes this when a person saves a chart. A chart written as code needs the
same thing, because the chart data API, exports and reports read only the saved query. The shapes
follow the `buildQuery` of each chart plugin of Superset 6.1.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml

Params = Mapping[str, Any]
Query = dict[str, Any]

ROW_LIMIT = 10_000
SUFFIX_OF_SECOND_QUERY = "_b"


class VizTypeError(Exception):
    """The chart's type has no query builder here."""


def build(params: Params, dataset: Mapping[str, Any]) -> dict[str, Any]:
    """The query context of one chart; ids stay 0, the import fills them in.

    Raises VizTypeError with the allowed values.
    """
    viz_type = params["viz_type"]
    builder = _BUILDERS.get(viz_type)
    if builder is None:
        raise VizTypeError(
            f"viz_type {viz_type!r} cannot be generated; allowed: {', '.join(supported())}. "
            "Draw it in Superset and pull it, so that it brings its own query_context."
        )
    temporal = frozenset(
        column["column_name"] for column in dataset.get("columns", []) if column.get("is_dttm")
    )
    return {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "form_data": dict(params),
        "queries": builder(params, temporal),
        "result_format": "json",
        "result_type": "full",
    }


def supported() -> tuple[str, ...]:
    """The chart types that `build` knows."""
    return tuple(sorted(_BUILDERS))


def metric_label(metric: Any) -> str:
    """The name under which a metric appears in the result."""
    if isinstance(metric, str):
        return metric
    if metric.get("label"):
        return str(metric["label"])
    if metric.get("expressionType") == "SQL":
        return str(metric["sqlExpression"])
    return f"{metric['aggregate']}({metric['column']['column_name']})"


def column_label(column: Any) -> str:
    """The name under which a column appears in the result."""
    if isinstance(column, str):
        return column
    return str(column.get("label") or column["sqlExpression"])


def as_list(value: Any) -> list[Any]:
    """Form data says nothing, one or many in the same place."""
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def _filters(params: Params) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    simple: list[dict[str, Any]] = []
    where: list[str] = []
    having: list[str] = []
    for entry in as_list(params.get("adhoc_filters")):
        if entry.get("expressionType") == "SQL":
            target = having if entry.get("clause") == "HAVING" else where
            target.append(f"({entry['sqlExpression']})")
            continue
        clause = {"col": entry["subject"], "op": entry["operator"]}
        if "comparator" in entry:
            clause["val"] = entry["comparator"]
        simple.append(clause)
    return simple, where, having


def _base(params: Params, *, columns: list[Any], metrics: list[Any]) -> Query:
    simple, where, having = _filters(params)
    extras: dict[str, Any] = {"having": " AND ".join(having), "where": " AND ".join(where)}
    if params.get("time_grain_sqla"):
        extras["time_grain_sqla"] = params["time_grain_sqla"]
    query: Query = {
        "annotation_layers": [],
        "applied_time_extras": {},
        "columns": columns,
        "custom_form_data": {},
        "custom_params": {},
        "extras": extras,
        "filters": simple,
        "metrics": metrics,
        "order_desc": bool(params.get("order_desc", True)),
        "row_limit": int(params.get("row_limit") or ROW_LIMIT),
        "series_limit": int(params.get("limit") or 0),
        "time_range": params.get("time_range", "No filter"),
        "url_params": {},
    }
    if params.get("granularity_sqla"):
        query["granularity"] = params["granularity_sqla"]
    return query


def _axis(params: Params, column: Any) -> Any:
    """A column as the base axis, cut to the chosen time grain when it is a time."""
    if not isinstance(column, str):
        return {"columnType": "BASE_AXIS", **column}
    axis = {
        "columnType": "BASE_AXIS",
        "expressionType": "SQL",
        "label": column,
        "sqlExpression": column,
        "isColumnReference": True,
    }
    grain = params.get("time_grain_sqla")
    return {**axis, "timeGrain": grain} if grain else axis


def _ordered(query: Query, params: Params, metrics: list[Any]) -> Query:
    limit_metric = params.get("timeseries_limit_metric")
    by = limit_metric or (metrics[0] if metrics else None)
    if by is not None:
        query["orderby"] = [[by, not params.get("order_desc", True)]]
    if limit_metric:
        query["series_limit_metric"] = limit_metric
    return query


def _big_number_total(params: Params, _temporal: frozenset[str]) -> list[Query]:
    return [_base(params, columns=[], metrics=[params["metric"]])]


def _big_number(params: Params, _temporal: frozenset[str]) -> list[Query]:
    axis = params["x_axis"]
    query = _base(params, columns=[_axis(params, axis)], metrics=[params["metric"]])
    query["orderby"] = []
    query["post_processing"] = [
        _pivot(params, index=axis, columns=[], metrics=[params["metric"]]),
        *_rolling(params, [params["metric"]]),
        {"operation": "flatten"},
    ]
    return [query]


def _pivot(params: Params, *, index: Any, columns: list[Any], metrics: list[Any]) -> dict[str, Any]:
    return {
        "operation": "pivot",
        "options": {
            "index": [column_label(index)],
            "columns": [column_label(column) for column in columns],
            "aggregates": {metric_label(metric): {"operator": "mean"} for metric in metrics},
            "drop_missing_columns": not params.get("show_empty_columns", True),
        },
    }


def _rolling(params: Params, metrics: list[Any]) -> list[dict[str, Any]]:
    kind = params.get("rolling_type")
    columns = {metric_label(metric): metric_label(metric) for metric in metrics}
    if kind == "cumsum":
        return [{"operation": "cum", "options": {"operator": "sum", "columns": columns}}]
    if kind in {"sum", "mean", "std"}:
        options = {
            "rolling_type": kind,
            "window": int(params.get("rolling_periods") or 1),
            "min_periods": int(params.get("min_periods") or 0),
            "columns": columns,
        }
        return [{"operation": "rolling", "options": options}]
    return []


def _timeseries(params: Params, _temporal: frozenset[str]) -> list[Query]:
    axis, groupby = params["x_axis"], as_list(params.get("groupby"))
    metrics = as_list(params.get("metrics"))
    query = _base(params, columns=[_axis(params, axis), *groupby], metrics=metrics)
    query["series_columns"] = groupby
    _ordered(query, params, metrics)
    steps = [_pivot(params, index=axis, columns=groupby, metrics=metrics)]
    steps += _rolling(params, metrics)
    if groupby and len(metrics) == 1 and params.get("truncate_metric", True):
        rename = {"columns": {metric_label(metrics[0]): None}, "level": 0, "inplace": True}
        steps.append({"operation": "rename", "options": rename})
    if params.get("contributionMode"):
        contribution = {"orientation": params["contributionMode"]}
        steps.append({"operation": "contribution", "options": contribution})
    if params.get("x_axis_sort"):
        steps.append(_sort_axis(params, axis, groupby))
    steps.append({"operation": "flatten"})
    query["post_processing"] = steps
    return [query]


def _sort_axis(params: Params, axis: Any, groupby: list[Any]) -> dict[str, Any]:
    ascending = bool(params.get("x_axis_sort_asc", True))
    if groupby or params["x_axis_sort"] == column_label(axis):
        return {"operation": "sort", "options": {"is_sort_index": True, "ascending": ascending}}
    return {"operation": "sort", "options": {"by": params["x_axis_sort"], "ascending": ascending}}


def _mixed_timeseries(params: Params, temporal: frozenset[str]) -> list[Query]:
    plain = {
        name: value for name, value in params.items() if not name.endswith(SUFFIX_OF_SECOND_QUERY)
    }
    own = {
        name.removesuffix(SUFFIX_OF_SECOND_QUERY): value
        for name, value in params.items()
        if name.endswith(SUFFIX_OF_SECOND_QUERY)
    }
    shared = {
        name: plain[name]
        for name in ("x_axis", "time_grain_sqla", "time_range", "granularity_sqla", "row_limit")
        if name in plain
    }
    return [*_timeseries(plain, temporal), *_timeseries({**shared, **own}, temporal)]


def _parts_of_a_whole(params: Params, _temporal: frozenset[str]) -> list[Query]:
    metric = params["metric"]
    query = _base(params, columns=as_list(params.get("groupby")), metrics=[metric])
    if params.get("sort_by_metric", True):
        query["orderby"] = [[metric, False]]
    return [query]


def _table(params: Params, temporal: frozenset[str]) -> list[Query]:
    if params.get("query_mode") == "raw" or params.get("all_columns"):
        query = _base(params, columns=as_list(params["all_columns"]), metrics=[])
        del query["metrics"]
        query["orderby"] = [
            yaml.safe_load(entry) if isinstance(entry, str) else list(entry)
            for entry in as_list(params.get("order_by_cols"))
        ]
        return [query]
    columns = [_grained(params, column, temporal) for column in as_list(params.get("groupby"))]
    metrics, shares = as_list(params.get("metrics")), as_list(params.get("percent_metrics"))
    known = {metric_label(metric) for metric in metrics}
    every = [*metrics, *(metric for metric in shares if metric_label(metric) not in known)]
    query = _ordered(_base(params, columns=columns, metrics=every), params, every)
    if shares:
        names = [metric_label(metric) for metric in shares]
        options = {"columns": names, "rename_columns": [f"%{name}" for name in names]}
        query["post_processing"] = [{"operation": "contribution", "options": options}]
    if not params.get("show_totals"):
        return [query]
    totals = _base({**params, "row_limit": None}, columns=[], metrics=every)
    return [query, {**totals, "row_limit": 0, "post_processing": [], "order_desc": False}]


def _grained(params: Params, column: Any, temporal: frozenset[str]) -> Any:
    chosen = params.get("temporal_columns_lookup", {})
    is_time = isinstance(column, str) and column in temporal and chosen.get(column, True)
    return _axis(params, column) if is_time and params.get("time_grain_sqla") else column


def _pivot_table(params: Params, temporal: frozenset[str]) -> list[Query]:
    names = [*as_list(params.get("groupbyColumns")), *as_list(params.get("groupbyRows"))]
    metrics = as_list(params.get("metrics"))
    columns = [_grained(params, column, temporal) for column in names]
    query = _base(params, columns=columns, metrics=metrics)
    by = params.get("series_limit_metric") or (metrics[0] if metrics else None)
    if by is not None:
        query["orderby"] = [[by, not params.get("order_desc", True)]]
    return [query]


def _heatmap(params: Params, _temporal: frozenset[str]) -> list[Query]:
    metric, axis, groupby = params["metric"], params["x_axis"], as_list(params.get("groupby"))
    query = _base(params, columns=[_axis(params, axis), *groupby], metrics=[metric])
    orders = {"x": params.get("sort_x_axis"), "y": params.get("sort_y_axis")}
    orderby = []
    for side, column in (("x", axis), ("y", groupby[0] if groupby else None)):
        order = orders[side]
        if order and column is not None:
            by = metric if "value" in order else column
            orderby.append([by, order.endswith("asc")])
    if orderby:
        query["orderby"] = orderby
    within = {"x": column_label(axis), "y": column_label(groupby[0]) if groupby else None}
    rank: dict[str, Any] = {"metric": metric_label(metric)}
    if within.get(params.get("normalize_across", "")):
        rank["group_by"] = within[params["normalize_across"]]
    query["post_processing"] = [{"operation": "rank", "options": rank}]
    return [query]


def _histogram(params: Params, _temporal: frozenset[str]) -> list[Query]:
    groupby, column = as_list(params.get("groupby")), params["column"]
    query = _base(params, columns=[*groupby, column], metrics=[])
    del query["metrics"]
    options = {
        "column": column_label(column),
        "groupby": [column_label(each) for each in groupby],
        "bins": int(params.get("bins") or 10),
        "cumulative": bool(params.get("cumulative", False)),
        "normalize": bool(params.get("normalize", False)),
    }
    query["post_processing"] = [{"operation": "histogram", "options": options}]
    return [query]


def _bubble(params: Params, _temporal: frozenset[str]) -> list[Query]:
    columns = [*as_list(params.get("entity")), *as_list(params.get("series"))]
    metrics = [params[name] for name in ("x", "y", "size") if params.get(name)]
    query = _base(params, columns=columns, metrics=_distinct(metrics))
    if params.get("orderby"):
        query["orderby"] = [[params["orderby"], not params.get("order_desc", True)]]
    return [query]


def _distinct(metrics: list[Any]) -> list[Any]:
    return list({metric_label(metric): metric for metric in metrics}.values())


def _waterfall(params: Params, _temporal: frozenset[str]) -> list[Query]:
    columns = [_axis(params, params["x_axis"]), *as_list(params.get("groupby"))]
    query = _base(params, columns=columns, metrics=[params["metric"]])
    query["orderby"] = [[column, True] for column in columns]
    return [query]


def _hierarchy(params: Params, _temporal: frozenset[str]) -> list[Query]:
    columns = as_list(params.get("columns") or params.get("groupby"))
    metrics = [params[name] for name in ("metric", "secondary_metric") if params.get(name)]
    query = _base(params, columns=columns, metrics=_distinct(metrics))
    if params.get("sort_by_metric", True):
        query["orderby"] = [[metrics[0], False]]
    return [query]


def _flow(params: Params, _temporal: frozenset[str]) -> list[Query]:
    columns = [params["source"], params["target"]]
    query = _base(params, columns=columns, metrics=[params["metric"]])
    if params.get("sort_by_metric"):
        query["orderby"] = [[params["metric"], False]]
    return [query]


_BUILDERS: dict[str, Callable[[Params, frozenset[str]], list[Query]]] = {
    "big_number": _big_number,
    "big_number_total": _big_number_total,
    "bubble_v2": _bubble,
    "echarts_area": _timeseries,
    "echarts_timeseries": _timeseries,
    "echarts_timeseries_bar": _timeseries,
    "echarts_timeseries_line": _timeseries,
    "echarts_timeseries_scatter": _timeseries,
    "echarts_timeseries_smooth": _timeseries,
    "echarts_timeseries_step": _timeseries,
    "funnel": _parts_of_a_whole,
    "gauge_chart": _parts_of_a_whole,
    "heatmap_v2": _heatmap,
    "histogram_v2": _histogram,
    "mixed_timeseries": _mixed_timeseries,
    "pie": _parts_of_a_whole,
    "pivot_table_v2": _pivot_table,
    "sankey_v2": _flow,
    "sunburst_v2": _hierarchy,
    "table": _table,
    "treemap_v2": _hierarchy,
    "waterfall": _waterfall,
}
