"""Metrics become Superset datasets: literal manifests in, SQL that DuckDB runs out."""

from typing import Any

import duckdb
import pytest
import yaml

from semantic.compile import CompileError, compile_datasets
from semantic.dataset import Dataset, write_datasets


def dimension(name: str, kind: str = "categorical", expr: str | None = None) -> dict[str, Any]:
    return {"name": name, "type": kind, "expr": expr, "label": None, "description": None}


def entity(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "expr": f"{name}_key"}


def measure(name: str, agg: str = "sum", expr: str | None = None, **more: Any) -> dict[str, Any]:
    defaults = {"agg_time_dimension": None, "non_additive_dimension": None}
    return {"name": name, "agg": agg, "expr": expr, **defaults, **more}


def model(name: str, alias: str, *, date: str | None = None, **parts: Any) -> dict[str, Any]:
    return {
        "name": name,
        "description": name,
        "node_relation": {"schema_name": "marts", "alias": alias},
        "defaults": {"agg_time_dimension": date},
        "config": {"meta": {}},
        "entities": [],
        "dimensions": [],
        "measures": [],
        **parts,
    }


def metric(name: str, kind: str, measures: list[str], **params: Any) -> dict[str, Any]:
    empty = {"measure": None, "numerator": None, "denominator": None, "expr": None, "metrics": []}
    meta = params.pop("meta", {"kind": "money"})
    return {
        "name": name,
        "type": kind,
        "label": name.title(),
        "description": "",
        "filter": params.pop("filter", None),
        "config": {"meta": meta},
        "type_params": {**empty, **params, "input_measures": [{"name": m} for m in measures]},
    }


def reference(name: str) -> dict[str, Any]:
    return {"name": name, "alias": None}


REPS = model(
    "sales_reps",
    "dim_sales_reps",
    entities=[entity("sales_rep", "primary")],
    dimensions=[dimension("region_name"), dimension("rep_username")],
)
DEALS = model(
    "deals",
    "fct_deals",
    date="close_date",
    entities=[entity("deal", "primary"), entity("sales_rep", "foreign")],
    dimensions=[dimension("close_date", "time"), dimension("stage_name")],
    measures=[
        measure("won_amount", expr="case when is_won then amount end"),
        measure("won_count", expr="case when is_won then 1 else 0 end"),
    ],
)
QUOTAS = model(
    "quotas",
    "fct_quotas",
    date="quota_month",
    entities=[entity("quota", "primary"), entity("sales_rep", "foreign")],
    dimensions=[dimension("quota_month", "time")],
    measures=[measure("quota_amount")],
)
BOOKINGS = metric("bookings", "simple", ["won_amount"], measure=reference("won_amount"))
WON = metric("won", "simple", ["won_count"], measure=reference("won_count"), meta={"kind": "count"})
QUOTA = metric("quota", "simple", ["quota_amount"], measure=reference("quota_amount"))
ATTAINMENT = metric(
    "attainment",
    "ratio",
    ["won_amount", "quota_amount"],
    numerator=reference("bookings"),
    denominator=reference("quota"),
    meta={"kind": "rate", "dataset": "performance"},
)
DEAL_SIZE = metric(
    "deal_size",
    "derived",
    ["won_amount", "won_count"],
    expr="bookings / nullif(won, 0)",
    metrics=[reference("bookings"), reference("won")],
)


def compiled(*metrics: dict[str, Any], models: Any = (REPS, DEALS, QUOTAS)) -> dict[str, Dataset]:
    manifest = {"semantic_models": list(models), "metrics": list(metrics)}
    return {d.name: d for d in compile_datasets(manifest, {"nodes": {}})}


@pytest.fixture
def marts() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        """
        create schema marts;
        create table marts.dim_sales_reps as
            select * from (values ('a', 'EMEA', 'a@x'), ('b', 'APAC', 'b@x'))
            as t (sales_rep_key, region_name, rep_username);
        create table marts.fct_deals as
            select * from (values
                (1, 'a', date '2026-02-03', 'Won', true, 100.0),
                (2, 'a', date '2026-02-09', 'Lost', false, 70.0),
                (3, 'b', date '2026-03-01', 'Won', true, 300.0)
            ) as t (deal_key, sales_rep_key, close_date, stage_name, is_won, amount);
        create table marts.fct_quotas as
            select * from (values
                (1, 'a', date '2026-02-01', 200.0), (2, 'b', date '2026-02-01', 400.0))
            as t (quota_key, sales_rep_key, quota_month, quota_amount);
        """
    )
    return connection


def ask(marts: duckdb.DuckDBPyConnection, dataset: Dataset, metric_name: str, by: str) -> dict:
    expression = next(m.expression for m in dataset.metrics if m.name == metric_name)
    query = f"select {by}, {expression} from ({dataset.sql}) group by {by}"
    return dict(marts.execute(query).fetchall())


def test_a_metric_is_an_aggregate_over_the_fact_joined_with_its_dimensions(marts) -> None:
    deals = compiled(BOOKINGS, WON)["deals"]
    assert ask(marts, deals, "bookings", "region_name") == {"EMEA": 100, "APAC": 300}
    assert ask(marts, deals, "won", "stage_name") == {"Won": 2, "Lost": 0}


def test_a_derived_metric_is_its_expression_over_other_metrics(marts) -> None:
    deals = compiled(BOOKINGS, WON, DEAL_SIZE)["deals"]
    assert ask(marts, deals, "deal_size", "region_name") == {"EMEA": 100, "APAC": 300}


def test_a_ratio_over_two_facts_comes_from_their_union_and_holds_under_every_cut(marts) -> None:
    performance = compiled(BOOKINGS, QUOTA, ATTAINMENT)["performance"]
    assert ask(marts, performance, "attainment", "region_name") == {"EMEA": 0.5, "APAC": 0.75}
    assert ask(marts, performance, "attainment", "1") == {1: pytest.approx(400 / 600)}
    assert {m.name for m in performance.metrics} == {"attainment", "bookings", "quota"}


def test_a_snapshot_measure_is_never_added_over_days(marts) -> None:
    daily = model(
        "daily",
        "fct_quotas",
        date="day",
        entities=[entity("sales_rep", "foreign")],
        dimensions=[dimension("day", "time", "quota_month")],
        measures=[
            measure("day_open", expr="quota_amount", non_additive_dimension={"name": "day"}),
        ],
    )
    dataset = compiled(
        metric("open", "simple", ["day_open"], measure=reference("day_open")), models=[daily]
    )
    marts.execute("insert into marts.fct_quotas values (3, 'a', date '2026-03-01', 50.0)")
    assert ask(marts, dataset["daily"], "open", "1") == {1: None}
    assert sorted(ask(marts, dataset["daily"], "open", "day").values()) == [50, 600]


def test_the_dataset_lists_exactly_the_columns_of_its_sql(marts) -> None:
    for dataset in compiled(BOOKINGS, QUOTA, ATTAINMENT).values():
        columns = [c[0] for c in marts.execute(dataset.sql).description]
        assert columns == [column.name for column in dataset.columns]


def test_a_metric_over_two_facts_without_a_dataset_is_refused() -> None:
    homeless = {**ATTAINMENT, "config": {"meta": {"kind": "rate"}}}
    with pytest.raises(CompileError, match=r"attainment: reads deals, quotas; name a dataset"):
        compiled(BOOKINGS, QUOTA, homeless)


def test_two_dimensions_of_one_name_are_refused() -> None:
    clash = {**DEALS, "dimensions": [*DEALS["dimensions"], dimension("region_name")]}
    with pytest.raises(CompileError, match=r"region_name comes from deals and from sales_rep"):
        compiled(BOOKINGS, models=[REPS, clash])


def test_an_expression_that_reads_another_table_is_refused() -> None:
    far = measure("far", expr="case when day < (select max(day) from marts.fct_quotas) then 1 end")
    with pytest.raises(CompileError, match=r"deals: far reads another .* of marts\.fct_deals"):
        compiled(BOOKINGS, models=[REPS, {**DEALS, "measures": [*DEALS["measures"], far]}])


def test_an_unknown_kind_names_the_allowed_ones() -> None:
    with pytest.raises(CompileError, match=r"kind is 'euros'; allowed: money, "):
        compiled({**BOOKINGS, "config": {"meta": {"kind": "euros"}}})


def test_assets_carry_certification_currency_and_stable_ids(tmp_path) -> None:
    datasets = compiled(BOOKINGS, WON).values()
    (first,) = write_datasets(datasets, tmp_path / "one", currency="EUR")
    (second,) = write_datasets(datasets, tmp_path / "two", currency="EUR")
    assert first.read_text("utf-8") == second.read_text("utf-8")
    asset = yaml.safe_load(first.read_text("utf-8"))
    bookings = next(m for m in asset["metrics"] if m["metric_name"] == "bookings")
    assert bookings["currency"] == {"symbol": "EUR", "symbolPosition": "prefix"}
    assert bookings["extra"]["certification"]["certified_by"] == "Revlake"
    hidden = next(c for c in asset["columns"] if c["column_name"] == "rep_username")
    assert not hidden["groupby"]


def test_a_metric_named_like_a_column_is_refused() -> None:
    clash = {**BOOKINGS, "name": "stage_name"}
    with pytest.raises(CompileError, match=r"stage_name is a column and a metric"):
        compiled(clash)


def test_rows_that_nobody_owns_carry_no_person() -> None:
    spend = model(
        "spend",
        "fct_spend",
        date="day",
        dimensions=[dimension("day", "time")],
        measures=[measure("cost")],
    )
    spent = metric("spent", "simple", ["cost"], measure=reference("cost"))
    columns = {column.name for column in compiled(spent, models=[spend])["spend"].columns}
    assert columns == {"day", "cost"}
