"""A small dashboards-as-code tree over the release of tests/superset_server.py.

One dataset with people in it and one without, one chart of every type that can be generated.
"""

import copy
import uuid
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]

OPPORTUNITIES_SQL = """\
select
    opportunities.opportunity_key,
    opportunities.stage_name,
    opportunities.opportunity_type,
    opportunities.amount,
    opportunities.close_date,
    opportunities.is_won,
    opportunities.age_days,
    reps.rep_name,
    reps.region_name,
    reps.rep_username,
    reps.manager_username
from marts.fct_opportunities as opportunities
left join marts.dim_sales_reps as reps
    on opportunities.sales_rep_key = reps.sales_rep_key
"""
FORECASTS_SQL = "select period_start_date, forecast_amount from marts.fct_forecasts\n"

TIME = {"x_axis": "close_date", "time_grain_sqla": "P1M"}
WON = {
    "clause": "WHERE",
    "expressionType": "SIMPLE",
    "subject": "is_won",
    "operator": "==",
    "comparator": True,
}
LAST_YEAR = {
    "clause": "WHERE",
    "expressionType": "SIMPLE",
    "subject": "close_date",
    "operator": "TEMPORAL_RANGE",
    "comparator": "2026-01-01 : 2027-01-01",
}
AVERAGE_AGE = {
    "expressionType": "SIMPLE",
    "aggregate": "AVG",
    "column": {"column_name": "age_days"},
    "label": "average age",
}

CHARTS: dict[str, tuple[str, Document]] = {
    "total": ("big_number_total", {"metric": "open_amount"}),
    "won": ("big_number_total", {"metric": "open_amount", "adhoc_filters": [WON]}),
    "trend": ("big_number", {"metric": "open_amount", **TIME}),
    "bars": (
        "echarts_timeseries_bar",
        {
            "metrics": ["open_amount"],
            "groupby": ["stage_name"],
            "adhoc_filters": [LAST_YEAR],
            **TIME,
        },
    ),
    "lines": (
        "echarts_timeseries_line",
        {"metrics": ["open_amount", AVERAGE_AGE], "rolling_type": "cumsum", **TIME},
    ),
    "area": (
        "echarts_area",
        {
            "metrics": ["open_amount"],
            "groupby": ["region_name"],
            "contributionMode": "row",
            **TIME,
        },
    ),
    "categories": (
        "echarts_timeseries_bar",
        {"metrics": ["open_amount"], "x_axis": "rep_name", "x_axis_sort": "open_amount"},
    ),
    "mixed": (
        "mixed_timeseries",
        {
            "metrics": ["open_amount"],
            "groupby": ["region_name"],
            "metrics_b": ["deal_count"],
            **TIME,
        },
    ),
    "pie": ("pie", {"metric": "open_amount", "groupby": ["stage_name"]}),
    "funnel": ("funnel", {"metric": "deal_count", "groupby": ["stage_name"]}),
    "table": (
        "table",
        {
            "query_mode": "aggregate",
            "groupby": ["rep_name", "close_date"],
            "metrics": ["open_amount"],
            "percent_metrics": ["deal_count"],
            "show_totals": True,
            "time_grain_sqla": "P1M",
        },
    ),
    "rows": (
        "table",
        {
            "query_mode": "raw",
            "all_columns": ["opportunity_key", "rep_username", "amount"],
            "order_by_cols": ['["amount", false]'],
            "row_limit": 500,
        },
    ),
    "pivot": (
        "pivot_table_v2",
        {
            "groupbyRows": ["rep_name"],
            "groupbyColumns": ["close_date"],
            "metrics": ["open_amount"],
            "time_grain_sqla": "P3M",
        },
    ),
    "heatmap": (
        "heatmap_v2",
        {
            "metric": "deal_count",
            "groupby": "stage_name",
            "normalize_across": "x",
            "sort_x_axis": "alpha_asc",
            "sort_y_axis": "value_desc",
            **TIME,
        },
    ),
    "histogram": ("histogram_v2", {"column": "age_days", "groupby": ["region_name"], "bins": 5}),
    "bubble": (
        "bubble_v2",
        {
            "entity": "rep_name",
            "series": "region_name",
            "x": "deal_count",
            "y": AVERAGE_AGE,
            "size": "open_amount",
        },
    ),
    "scatter": ("echarts_timeseries_scatter", {"metrics": ["deal_count"], **TIME}),
    "waterfall": ("waterfall", {"metric": "open_amount", "groupby": ["stage_name"], **TIME}),
    "gauge": ("gauge_chart", {"metric": "deal_count"}),
    "tree": ("treemap_v2", {"metric": "open_amount", "groupby": ["region_name", "rep_name"]}),
    "rings": (
        "sunburst_v2",
        {
            "metric": "open_amount",
            "secondary_metric": "deal_count",
            "columns": ["region_name", "rep_name"],
        },
    ),
    "flow": (
        "sankey_v2",
        {"metric": "open_amount", "source": "region_name", "target": "stage_name"},
    ),
}


def uuid_of(name: str) -> str:
    """A stable uuid for each object of the tree."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://revlake.invalid/{name}"))


def write_assets(assets_dir: Path) -> None:
    """Write the whole tree."""
    for name, document in documents().items():
        file = assets_dir / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(document), encoding="utf-8")


def documents() -> dict[str, Document]:
    """The tree as a mapping from file name to document."""
    tree = {
        "databases/revlake.yaml": {"uuid": uuid_of("database"), "database_name": "Revlake"},
        "datasets/opportunities.yaml": dataset(
            "opportunities",
            OPPORTUNITIES_SQL,
            {
                "opportunity_key": "VARCHAR",
                "stage_name": "VARCHAR",
                "opportunity_type": "VARCHAR",
                "amount": "DECIMAL(18,2)",
                "close_date": "DATE",
                "is_won": "BOOLEAN",
                "age_days": "BIGINT",
                "rep_name": "VARCHAR",
                "region_name": "VARCHAR",
                "rep_username": "VARCHAR",
                "manager_username": "VARCHAR",
            },
            {"open_amount": "sum(amount)", "deal_count": "count(*)"},
        ),
        "datasets/forecasts.yaml": dataset(
            "forecasts",
            FORECASTS_SQL,
            {"period_start_date": "DATE", "forecast_amount": "DOUBLE"},
            {"forecast": "sum(forecast_amount)"},
        ),
        "charts/forecast.yaml": chart(
            "forecast", "forecasts", "big_number_total", {"metric": "forecast"}
        ),
        "dashboards/pipeline.yaml": dashboard("pipeline", list(CHARTS)),
        "dashboards/forecast.yaml": dashboard("forecast", ["forecast"]),
    }
    for name, (viz_type, params) in CHARTS.items():
        tree[f"charts/{name}.yaml"] = chart(name, "opportunities", viz_type, params)
    return copy.deepcopy(tree)


def dataset(name: str, sql: str, columns: dict[str, str], metrics: dict[str, str]) -> Document:
    """A virtual dataset with its columns and saved metrics."""
    times = {"DATE", "TIMESTAMP"}
    return {
        "uuid": uuid_of(f"dataset {name}"),
        "database_uuid": uuid_of("database"),
        "table_name": name,
        "schema": "marts",
        "sql": sql,
        "columns": [
            {
                "column_name": column,
                "type": kind,
                "is_dttm": kind in times,
                "groupby": True,
                "filterable": True,
            }
            for column, kind in columns.items()
        ],
        "metrics": [
            {"metric_name": metric, "expression": expression, "verbose_name": metric}
            for metric, expression in metrics.items()
        ],
    }


def chart(name: str, of: str, viz_type: str, params: Document) -> Document:
    """A chart without query context: the deployment makes it."""
    return {
        "uuid": uuid_of(f"chart {name}"),
        "slice_name": name.title(),
        "viz_type": viz_type,
        "dataset_uuid": uuid_of(f"dataset {of}"),
        "params": params,
    }


def dashboard(slug: str, charts: list[str]) -> Document:
    """A dashboard that places its charts two in a row."""
    rows = [charts[start : start + 2] for start in range(0, len(charts), 2)]
    row_ids = [f"ROW-{number}" for number in range(len(rows))]
    position: Document = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": row_ids, "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": slug.title()}},
    }
    for row_id, names in zip(row_ids, rows, strict=True):
        parents = ["ROOT_ID", "GRID_ID"]
        children = [f"CHART-{name}" for name in names]
        meta = {"background": "BACKGROUND_TRANSPARENT"}
        row = {"type": "ROW", "id": row_id, "children": children, "parents": parents, "meta": meta}
        position[row_id] = row
        for name in names:
            position[f"CHART-{name}"] = {
                "type": "CHART",
                "id": f"CHART-{name}",
                "children": [],
                "parents": [*parents, row_id],
                "meta": {
                    "uuid": uuid_of(f"chart {name}"),
                    "sliceName": name.title(),
                    "width": 6,
                    "height": 50,
                },
            }
    return {
        "uuid": uuid_of(f"dashboard {slug}"),
        "dashboard_title": slug.title(),
        "slug": slug,
        "position": position,
        "metadata": {"color_scheme": "revlake"},
    }
