"""The checks of the dashboards-as-code tree, on a small good tree with one fault at a time."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from semantic.assets import KINDS, Assets
from semantic.validate import check, used_columns, used_metrics
from tests.superset_assets import documents, uuid_of

Tree = dict[str, Any]


def assets(tree: Tree) -> Assets:
    return Assets(
        **{
            kind: {name: each for name, each in tree.items() if name.startswith(kind)}
            for kind in KINDS
        }
    )


def problems(tree: Tree) -> list[str]:
    return [str(problem) for problem in check(assets(tree))]


def test_the_good_tree_has_no_problem() -> None:
    assert problems(documents()) == []


def lose_chart(tree: Tree) -> None:
    del tree["charts/pie.yaml"]


def lose_dataset(tree: Tree) -> None:
    del tree["datasets/forecasts.yaml"]


def lose_database(tree: Tree) -> None:
    del tree["databases/revlake.yaml"]


def misspell_metric(tree: Tree) -> None:
    tree["charts/pie.yaml"]["params"]["metric"] = "opn_amount"


def misspell_column(tree: Tree) -> None:
    tree["charts/pie.yaml"]["params"]["groupby"] = ["stage"]


def misspell_second_query(tree: Tree) -> None:
    tree["charts/mixed.yaml"]["params"]["metrics_b"] = ["deals"]


def filter_unknown_column(tree: Tree) -> None:
    clause = {"expressionType": "SIMPLE", "subject": "won", "operator": "==", "comparator": True}
    tree["charts/pie.yaml"]["params"]["adhoc_filters"] = [clause]


def aggregate_unknown_column(tree: Tree) -> None:
    metric = {"expressionType": "SIMPLE", "aggregate": "SUM", "column": {"column_name": "age"}}
    tree["charts/pie.yaml"]["params"]["metric"] = metric


def unknown_type(tree: Tree) -> None:
    tree["charts/pie.yaml"]["viz_type"] = "word_cloud"


def same_uuid(tree: Tree) -> None:
    tree["charts/pie.yaml"]["uuid"] = tree["charts/total.yaml"]["uuid"]


def same_slug(tree: Tree) -> None:
    tree["dashboards/forecast.yaml"]["slug"] = "pipeline"


def lose_slug(tree: Tree) -> None:
    del tree["dashboards/forecast.yaml"]["slug"]


def unplaced(tree: Tree) -> None:
    position = tree["dashboards/forecast.yaml"]["position"]
    position["ROW-0"]["children"] = []


def unknown_child(tree: Tree) -> None:
    position = tree["dashboards/forecast.yaml"]["position"]
    position["ROW-0"]["children"].append("CHART-ghost")


def native_filter(**changes: Any) -> Callable[[Tree], None]:
    def add(tree: Tree) -> None:
        target = {
            "datasetUuid": changes.get("dataset", uuid_of("dataset forecasts")),
            "column": {"name": changes.get("column", "period_start_date")},
        }
        entry = {"id": "F", "name": "Period", "targets": [target], **changes.get("extra", {})}
        tree["dashboards/forecast.yaml"]["metadata"]["native_filter_configuration"] = [entry]

    return add


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lose_chart, f"dashboards/pipeline.yaml: chart {uuid_of('chart pie')} does not exist"),
        (lose_dataset, "charts/forecast.yaml: dataset"),
        (lose_database, "databases: one file is needed, there are 0"),
        (misspell_metric, "charts/pie.yaml: metric opn_amount is not in dataset opportunities"),
        (misspell_column, "charts/pie.yaml: column stage is not in dataset opportunities"),
        (misspell_second_query, "charts/mixed.yaml: metric deals is not in"),
        (filter_unknown_column, "charts/pie.yaml: column won is not in"),
        (aggregate_unknown_column, "charts/pie.yaml: column age is not in"),
        (unknown_type, "charts/pie.yaml: viz_type word_cloud needs a query_context"),
        (same_uuid, "charts/pie.yaml: uuid"),
        (same_slug, "dashboards/forecast.yaml: slug pipeline is used by another file"),
        (lose_slug, "dashboards/forecast.yaml: slug is missing"),
        (unplaced, "dashboards/forecast.yaml: position CHART-forecast is not placed anywhere"),
        (unknown_child, "position ROW-0 names CHART-ghost, which does not exist"),
        (native_filter(column="month"), "filter Period: column month is not in dataset forecasts"),
        (native_filter(dataset="nowhere"), "filter Period: dataset nowhere does not exist"),
        (native_filter(extra={"chartsInScope": [1]}), "filter Period: leave chartsInScope out"),
    ],
)
def test_each_fault_is_named_with_its_file(break_it: Callable[[Tree], None], said: str) -> None:
    tree = copy.deepcopy(documents())
    break_it(tree)
    assert any(said in problem for problem in problems(tree)), problems(tree)


def test_used_columns_and_metrics_cover_both_queries_of_a_mixed_chart() -> None:
    params = {
        "x_axis": "day",
        "metrics": ["a", {"expressionType": "SIMPLE", "column": {"column_name": "cost"}}],
        "metrics_b": ["b"],
        "groupby_b": ["region", {"expressionType": "SQL", "sqlExpression": "lower(x)"}],
        "order_by_cols": ['["amount", false]'],
    }
    assert set(used_columns(params)) == {"day", "cost", "region", "amount"}
    assert set(used_metrics(params)) == {"a", "b"}
