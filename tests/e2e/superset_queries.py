"""Ask Superset's chart data API, as a chart does."""

from typing import Any

import requests


def chart_data(
    session: requests.Session,
    base: str,
    dataset: int,
    *,
    metrics: list[str],
    columns: list[str],
    where: str = "",
    **query: Any,
) -> requests.Response:
    return session.post(
        f"{base}/api/v1/chart/data",
        json={
            "datasource": {"id": dataset, "type": "table"},
            "queries": [
                {
                    "metrics": metrics,
                    "columns": columns,
                    "filters": [],
                    "extras": {"where": where},
                    "row_limit": 10000,
                    **query,
                }
            ],
            "result_format": "json",
            "result_type": "full",
        },
        timeout=120,
    )


def query_metric(
    session: requests.Session,
    base: str,
    dataset: int,
    metric: str,
    by: str | None = None,
    where: str = "",
) -> dict[str | None, float | None]:
    """Metric by one column, or {None: total}."""
    answer = chart_data(
        session,
        base,
        dataset,
        metrics=[metric],
        columns=[by] if by else [],
        where=where,
    )
    assert answer.ok, f"{metric} of dataset {dataset} by {by}: {answer.text[:500]}"
    return {row.get(by): row[metric] for row in answer.json()["result"][0]["data"]}
