"""The queries generated from form data; that Superset accepts them is an integration test."""

import json

import pytest

from semantic.query_context import VizTypeError, build, metric_label
from tests.superset_assets import CHARTS, WON, documents

DATASET = documents()["datasets/opportunities.yaml"]


def queries(name: str) -> list[dict]:  # type: ignore[type-arg]
    viz_type, params = CHARTS[name]
    return build({**params, "viz_type": viz_type}, DATASET)["queries"]


@pytest.mark.parametrize("name", CHARTS)
def test_every_query_context_is_plain_json(name: str) -> None:
    assert json.loads(json.dumps(queries(name))) == queries(name)


def test_the_time_axis_is_cut_to_its_grain() -> None:
    axis = queries("trend")[0]["columns"][0]
    assert (axis["columnType"], axis["label"], axis["timeGrain"]) == (
        "BASE_AXIS",
        "close_date",
        "P1M",
    )


def test_conditions_become_filters_and_written_ones_become_sql() -> None:
    written = {"clause": "WHERE", "expressionType": "SQL", "sqlExpression": "amount > 10"}
    params = {"viz_type": "big_number_total", "metric": "m", "adhoc_filters": [WON, written]}
    query = build(params, DATASET)["queries"][0]
    assert query["filters"] == [{"col": "is_won", "op": "==", "val": True}]
    assert query["extras"]["where"] == "(amount > 10)"


def test_a_series_chart_pivots_by_its_groups_and_drops_the_metric_from_their_names() -> None:
    steps = {
        step["operation"]: step.get("options") for step in queries("bars")[0]["post_processing"]
    }
    assert steps["pivot"]["index"] == ["close_date"]
    assert steps["pivot"]["columns"] == ["stage_name"]
    assert steps["rename"]["columns"] == {"open_amount": None}
    assert list(steps)[-1] == "flatten"


def test_a_mixed_chart_has_two_queries_with_their_own_metrics_and_groups() -> None:
    first, second = queries("mixed")
    assert (first["metrics"], first["series_columns"]) == (["open_amount"], ["region_name"])
    assert (second["metrics"], second["series_columns"]) == (["deal_count"], [])
    assert first["columns"][0] == second["columns"][0]


def test_a_table_with_totals_asks_for_them_in_a_second_query() -> None:
    rows, totals = queries("table")
    assert rows["metrics"] == ["open_amount", "deal_count"]
    assert (totals["columns"], totals["row_limit"]) == ([], 0)


def test_a_raw_table_is_ordered_as_its_form_data_says() -> None:
    assert queries("rows")[0]["orderby"] == [["amount", False]]


@pytest.mark.parametrize(
    ("metric", "label"),
    [
        ("open_amount", "open_amount"),
        ({"expressionType": "SQL", "sqlExpression": "count(*)"}, "count(*)"),
        ({"expressionType": "SQL", "sqlExpression": "count(*)", "label": "n"}, "n"),
        (
            {"expressionType": "SIMPLE", "aggregate": "SUM", "column": {"column_name": "x"}},
            "SUM(x)",
        ),
    ],
)
def test_metric_labels_are_those_of_the_front_end(metric: object, label: str) -> None:
    assert metric_label(metric) == label


def test_an_unknown_type_names_the_allowed_ones() -> None:
    with pytest.raises(VizTypeError, match=r"word_cloud.*allowed: .*big_number_total"):
        build({"viz_type": "word_cloud"}, DATASET)
