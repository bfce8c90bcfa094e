"""The sandbox's truth = raw = marts = MetricFlow = the chart's API answer, for every metric.

After the first refresh; after time has moved and hourly refreshes: test_faults_in_refresh.py.
"""

import csv
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingestion.sandbox.company.truth import truth
from orchestration.dbt_manifest import dbt_environment, parsed_directory
from orchestration.query import ask, served
from tests import forked
from tests.e2e.conftest import Stack
from tests.e2e.raw_oracle import RawLog
from tests.e2e.superset_queries import query_metric
from tests.paths import PROJECT

Numbers = dict[str, dict[str, float | None]]
METRICS = (
    "bookings", "open_pipeline", "weighted_pipeline", "win_rate", "average_deal_size",
    "sales_cycle_days", "pipeline_velocity", "pipeline_coverage", "quota_attainment", "quota",
    "activity_count", "lead_count", "lead_conversion_rate", "spend",
)  # fmt: skip
WITHOUT_REGION = ("spend",)
DATASETS = {
    "pipeline_coverage": "sales_performance", "quota_attainment": "sales_performance",
    "quota": "sales_performance", "activity_count": "activities", "lead_count": "leads",
    "lead_conversion_rate": "leads", "spend": "campaign_spend",
}  # fmt: skip
# The definitions of the metrics anew, over the marts alone. Quotas, leads and the rest are of the
# region of their rep; the four quarters are those before the day's.
FACTS = """
with quarter as (
    select fiscal_quarter_start_date as first_day from marts.dim_date where date_day = '{today}'
),
reps as (select sales_rep_key, region_name from marts.dim_sales_reps),
deals as (
    select
        *,
        close_date >= first_day - interval 12 month and close_date < first_day as is_recent
    from marts.fct_opportunities left join reps using (sales_rep_key) cross join quarter
),
quotas as (select * from marts.fct_quotas left join reps using (sales_rep_key)),
activities as (select * from marts.fct_activities left join reps using (sales_rep_key)),
leads as (select * from marts.fct_leads left join reps using (sales_rep_key)),
performance as (
    select
        region_name,
        if(is_won, amount, 0) as won_amount,
        if(is_open, amount, 0) as open_amount,
        0 as quota_amount
    from deals
    union all
    select region_name, 0, 0, quota_amount from quotas
)
"""
MARTS = {
    "bookings": "select {by}, sum(amount) from deals where is_won",
    "open_pipeline": "select {by}, sum(amount) from deals where is_open",
    "weighted_pipeline": "select {by}, sum(amount * probability_rate) from deals where is_open",
    "win_rate": "select {by}, avg(is_won::int) from deals where is_closed",
    "average_deal_size": "select {by}, avg(amount) from deals where is_won",
    "sales_cycle_days": "select {by}, avg(close_date - created_date) from deals where is_won",
    "pipeline_velocity": """
        select
            {by},
            count(*) filter (is_open and stage_order >= 2)
            * avg(is_won::int) filter (is_closed and is_recent)
            * avg(amount) filter (is_won and is_recent)
            / avg(close_date - created_date) filter (is_won and is_recent)
        from deals
    """,
    "pipeline_coverage": "select {by}, sum(open_amount) / sum(quota_amount) from performance",
    "quota_attainment": "select {by}, sum(won_amount) / sum(quota_amount) from performance",
    "quota": "select {by}, sum(quota_amount) from quotas",
    "activity_count": "select {by}, count(*) from activities where is_completed",
    "lead_count": "select {by}, count(*) from leads",
    "lead_conversion_rate": "select {by}, avg(is_converted::int) from leads",
    "spend": "select {by}, sum(cost_amount) from marts.fct_campaign_spend_daily",
}


def from_truth(stack: Stack) -> Numbers:
    company = stack.settings.company
    answer = truth(
        stack.company(),
        stack.now(),
        time_zone=company.time_zone,
        fiscal_year_start_month=company.fiscal_year_start_month,
    )
    return answer["metrics"]


def from_raw(stack: Stack) -> Numbers:
    company = stack.settings.company
    log = RawLog(stack.settings.paths.lake, at=stack.now(), time_zone=company.time_zone)
    return log.metrics(company.fiscal_year_start_month)


def from_marts(stack: Stack) -> Numbers:
    release = served(stack.settings.paths.serving)
    today = stack.now().astimezone(ZoneInfo(stack.settings.company.time_zone)).date()
    facts = FACTS.format(today=today)
    found: Numbers = {"All": {}}
    for metric in METRICS:
        total = facts + MARTS[metric].format(by="'All'")
        found["All"][metric] = ask(release, total).rows[0][1]
        if metric not in WITHOUT_REGION:
            regional = facts + MARTS[metric].format(by="region_name") + " group by region_name"
            for region, value in ask(release, regional).rows:
                found.setdefault(region, {})[metric] = value
    return found


def from_metricflow(stack: Stack, folder: Path) -> Numbers:
    everywhere = _metricflow(stack, METRICS, [], folder / "all.csv")
    regional = [metric for metric in METRICS if metric not in WITHOUT_REGION]
    rows = _metricflow(stack, regional, ["sales_rep__region_name"], folder / "regions.csv")
    found = {row.pop("sales_rep__region_name"): _numbers(row) for row in rows}
    return {"All": _numbers(everywhere[0]), **found}


def _metricflow(stack: Stack, metrics: Any, by: list[str], target: Path) -> list[dict[str, str]]:
    release = served(stack.settings.paths.serving)
    project = _parsed_project(stack, target.parent)
    environment = {
        **os.environ,
        **dbt_environment(stack.settings),
        "REVLAKE_RELEASE_DIR": str(release.path),
        "DBT_PROFILES_DIR": str(project),
        "DBT_PROJECT_DIR": str(project),
        "DBT_LOG_PATH": str(target.parent / "log"),
    }
    query = ["query", "--metrics", ",".join(metrics), "--csv", str(target)]
    query += ["--group-by", ",".join(by)] if by else []
    done = forked.run(mf, query, environment, folder=project)
    assert done.returncode == 0, done.stdout + done.stderr
    with target.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def mf(arguments: Sequence[str]) -> None:
    """MetricFlow's command, as its script calls it."""
    from dbt_metricflow.cli.main import cli

    cli()


def _parsed_project(stack: Stack, folder: Path) -> Path:
    """A copy of the dbt project with its manifest in it, where `mf` looks for it."""
    project = folder / "dbt_project"
    if not project.exists():
        unwanted = shutil.ignore_patterns("target", "logs")
        shutil.copytree(PROJECT / "dbt_project", project, ignore=unwanted)
        shutil.copytree(PROJECT / "semantic" / "metrics", folder / "semantic" / "metrics")
        shutil.copytree(parsed_directory(stack.settings), project / "target")
    return project


def _numbers(row: Mapping[str, str]) -> dict[str, float | None]:
    return {name: float(value) if value else None for name, value in row.items()}


def from_charts(stack: Stack) -> Numbers:
    session = stack.superset("executive")
    base = stack.settings.url("superset")
    found: Numbers = {"All": {}}
    for metric in METRICS:
        dataset = stack.datasets[DATASETS.get(metric, "opportunities")]
        found["All"][metric] = query_metric(session, base, dataset, metric)[None]
        if metric not in WITHOUT_REGION:
            for region, value in query_metric(
                session, base, dataset, metric, "region_name"
            ).items():
                found.setdefault(str(region), {})[metric] = value
    return found


def assert_agree(stack: Stack, folder: Path) -> None:
    expected = from_truth(stack)
    others = {
        "raw": from_raw(stack),
        "marts": from_marts(stack),
        "MetricFlow": from_metricflow(stack, folder),
        "charts": from_charts(stack),
    }
    problems = []
    for where, found in others.items():
        for region, metrics in expected.items():
            for metric in METRICS:
                if metric not in metrics:
                    continue
                if region != "All" and metric in WITHOUT_REGION:
                    continue
                wanted, got = metrics[metric], found.get(region, {}).get(metric)
                if float(got or 0) != pytest.approx(wanted or 0, rel=1e-9, abs=0.011):
                    problems.append(f"{where}: {metric} of {region}: {got}, truth {wanted}")
    assert not problems, "\n".join(problems)


def test_every_metric_is_the_same_everywhere_after_the_first_refresh(stack, tmp_path) -> None:
    assert_agree(stack, tmp_path)


def test_every_crm_tells_the_stages_in_the_same_words(stack) -> None:
    stages = "string_agg(stage_name, ', ' order by stage_order)"
    query = f"select source, {stages} from marts.dim_stages group by 1"
    told = dict(ask(served(stack.settings.paths.serving), query).rows)
    assert len(told) > 1
    assert len(set(told.values())) == 1, told


def test_the_forecast_is_the_same_in_the_mart_in_metricflow_and_on_the_chart(
    stack, tmp_path
) -> None:
    release = served(stack.settings.paths.serving)
    where = "level = 'company' and period_type = 'quarter' and is_current"
    (total,) = ask(
        release, f"select sum(forecast_amount) from scores.fct_forecasting_scores where {where}"
    ).rows[0]
    session, base = stack.superset("executive"), stack.settings.url("superset")
    charted = query_metric(session, base, stack.datasets["forecasts"], "forecast", where=where)[
        None
    ]
    rows = _metricflow(
        stack,
        ["forecast"],
        ["forecast_row__level", "forecast_row__period_type"],
        tmp_path / "f.csv",
    )
    (flow,) = (
        float(row["forecast"])
        for row in rows
        if row["forecast_row__level"] == "company" and row["forecast_row__period_type"] == "quarter"
    )
    assert float(total) == pytest.approx(charted) == pytest.approx(flow)
