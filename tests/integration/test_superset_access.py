"""Who sees what: row rules, exports, drilling, forbidden doors, and what DuckDB refuses."""

import csv
import io
import re
from typing import Any

import pytest
import requests

from semantic import roles
from semantic.superset_api import Api
from tests.superset_server import (
    ADMIN_USERNAME,
    DEALS_A_REP,
    PASSWORD,
    REPS,
    RunningSuperset,
)

ADA, BEN = REPS[0], REPS[1]
MANAGER, EXECUTIVE, ANALYST = "max@example.com", "eve@example.com", "ann@example.com"


def ids(superset: RunningSuperset, resource: str, title: str) -> dict[str, int]:
    return {row[title]: row["id"] for row in superset.sign_in().rows(resource)}


def chart_id(superset: RunningSuperset, name: str) -> int:
    return ids(superset, "chart", "slice_name")[name]


def dataset_id(superset: RunningSuperset, name: str) -> int:
    return ids(superset, "dataset", "table_name")[name]


def owners(rows: list[dict[str, Any]]) -> set[str]:
    return {row["rep_username"] for row in rows}


def browser(superset: RunningSuperset, username: str) -> requests.Session:
    """A session with a cookie, as a person's browser has it."""
    session = requests.Session()
    page = session.get(f"{superset.base_url}/login/", timeout=30).text
    token = re.search(
        r'csrf_token&#34;: &#34;([^&]+)&#34;|name="csrf_token"[^>]*value="([^"]+)"', page
    )
    assert token, "the sign-in page has no CSRF token"
    form = {
        "username": username,
        "password": PASSWORD,
        "csrf_token": token[1] or token[2],
    }
    session.headers["Referer"] = f"{superset.base_url}/login/"
    session.post(f"{superset.base_url}/login/", data=form, timeout=30)
    token_answer = session.get(f"{superset.base_url}/api/v1/security/csrf_token/", timeout=30)
    assert token_answer.ok, f"{username} could not sign in"
    session.headers["X-CSRFToken"] = token_answer.json()["result"]
    return session


def test_an_event_of_the_sign_in_page_that_arrives_late_does_not_sign_out(
    superset: RunningSuperset,
) -> None:
    page = requests.get(f"{superset.base_url}/login/", timeout=30)
    person = browser(superset, ADA)
    late = requests.post(
        f"{superset.base_url}/superset/log/",
        params={"explode": "events"},
        data={"events": "[]"},
        cookies=page.cookies,
        timeout=30,
    )
    person.cookies.update(late.cookies)
    me = person.get(f"{superset.base_url}/api/v1/me/", timeout=30)
    assert me.status_code == 200
    assert me.json()["result"]["username"] == ADA


@pytest.mark.parametrize(
    ("username", "seen"),
    [
        (ADA, {ADA}),
        (MANAGER, {ADA, BEN}),
        (EXECUTIVE, set(REPS)),
        (ANALYST, set(REPS)),
    ],
)
def test_chart_data_and_csv_hold_only_the_rows_of_the_person(
    superset: RunningSuperset, username: str, seen: set[str]
) -> None:
    person, chart = superset.sign_in(username, PASSWORD), chart_id(superset, "Rows")
    rows = person.call("GET", f"chart/{chart}/data/")["result"][0]["data"]
    export = person.send("GET", f"chart/{chart}/data/", params={"format": "csv"})
    exported = list(csv.DictReader(io.StringIO(export.content.decode("utf-8-sig"))))
    assert owners(rows) == owners(exported) == seen
    assert len(rows) == len(exported) == DEALS_A_REP * len(seen)


def test_two_reps_never_share_a_cached_answer(superset: RunningSuperset) -> None:
    chart = chart_id(superset, "Rows")
    for username in (ADA, BEN, ADA, BEN):
        person = superset.sign_in(username, PASSWORD)
        rows = person.call("GET", f"chart/{chart}/data/")["result"][0]["data"]
        assert owners(rows) == {username}


def test_drilling_to_rows_is_restricted(superset: RunningSuperset) -> None:
    session = browser(superset, ADA)
    dataset = dataset_id(superset, "opportunities")
    answer = session.post(
        f"{superset.base_url}/datasource/samples",
        params={"datasource_type": "table", "datasource_id": dataset, "per_page": 1000, "page": 1},
        json={},
        timeout=30,
    )
    assert owners(answer.json()["result"]["data"]) == {ADA}


def test_filter_values_are_restricted(superset: RunningSuperset) -> None:
    dataset = dataset_id(superset, "opportunities")
    person = superset.sign_in(ADA, PASSWORD)
    values = person.call("GET", f"datasource/table/{dataset}/column/rep_username/values/")
    assert values["result"] == [ADA]


@pytest.mark.parametrize(
    "where",
    ["1 = 1) or (1 = 1", "1 = 1 or 1 = 1", "rep_username like '%' or rep_username like '%'"],
)
def test_a_written_condition_cannot_widen_the_rows(superset: RunningSuperset, where: str) -> None:
    query = {"columns": ["rep_username"], "metrics": [], "extras": {"where": where}}
    assert _owners_or_refused(superset.sign_in(ADA, PASSWORD), superset, query) <= {ADA}


@pytest.mark.parametrize(
    "expression",
    [
        "(select count(*) from marts.fct_opportunities)",
        "(select string_agg(distinct rep_username, ',') from marts.dim_sales_reps)",
    ],
)
def test_a_written_metric_cannot_read_another_table(
    superset: RunningSuperset, expression: str
) -> None:
    metric = {"expressionType": "SQL", "sqlExpression": expression, "label": "taken"}
    body = {
        "datasource": {"id": dataset_id(superset, "opportunities"), "type": "table"},
        "queries": [{"columns": [], "metrics": [metric]}],
    }
    assert not superset.sign_in(ADA, PASSWORD).send("POST", "chart/data", json=body).ok


def _owners_or_refused(person: Api, superset: RunningSuperset, query: dict[str, Any]) -> set[str]:
    body = {
        "datasource": {"id": dataset_id(superset, "opportunities"), "type": "table"},
        "queries": [query],
    }
    answer = person.send("POST", "chart/data", json=body)
    return owners(answer.json()["result"][0]["data"]) if answer.ok else set()


def test_a_dataset_without_people_is_not_given_to_reps(superset: RunningSuperset) -> None:
    person = superset.sign_in(ADA, PASSWORD)
    dataset = dataset_id(superset, "forecasts")
    answer = person.send("POST", "chart/data", json=roles.count_query(dataset))
    assert answer.status_code == requests.codes.forbidden
    assert person.send("GET", "dashboard/forecast").status_code == requests.codes.not_found
    assert [row["slug"] for row in person.rows("dashboard")] == ["pipeline"]


def test_a_dashboard_cannot_be_named_to_open_its_dataset(superset: RunningSuperset) -> None:
    chart, dataset = chart_id(superset, "Forecast"), dataset_id(superset, "forecasts")
    dashboard = ids(superset, "dashboard", "slug")["forecast"]
    form_data = {"dashboardId": dashboard, "slice_id": chart}
    body = {**roles.count_query(dataset), "form_data": form_data}
    answer = superset.sign_in(ADA, PASSWORD).send("POST", "chart/data", json=body)
    assert answer.status_code == requests.codes.forbidden


@pytest.mark.parametrize("username", [ADA, MANAGER, EXECUTIVE])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "sqllab/execute/", {"database_id": 1, "sql": "select 1"}),
        ("GET", "sqllab/", None),
        ("GET", "query/", None),
        ("GET", "saved_query/", None),
        ("POST", "dataset/", {"database": 1, "schema": "marts", "table_name": "fct_opportunities"}),
        ("PUT", "dataset/1", {"description": "mine"}),
        ("DELETE", "dataset/1", None),
        ("PUT", "chart/1", {"slice_name": "mine"}),
        ("POST", "chart/", {"slice_name": "m", "datasource_id": 1, "datasource_type": "table"}),
        ("PUT", "dashboard/1", {"dashboard_title": "mine"}),
        ("POST", "dashboard/", {"dashboard_title": "mine"}),
        ("GET", "database/", None),
        ("PUT", "database/1", {"database_name": "mine"}),
        ("GET", "dataset/", None),
        ("GET", "rowlevelsecurity/", None),
        ("POST", "rowlevelsecurity/", {"name": "mine"}),
        ("GET", "security/users/", None),
        ("POST", "security/users/", {"username": "mine"}),
        ("GET", "security/roles/", None),
        ("GET", "assets/export/", None),
        ("POST", "assets/import/", None),
        ("GET", "dashboard/export/?q=!(1)", None),
        ("GET", "log/", None),
    ],
)
def test_readers_are_refused_everything_but_reading(
    superset: RunningSuperset, username: str, method: str, path: str, body: dict[str, Any] | None
) -> None:
    person = _people(superset, username)
    assert person.send(method, path, json=body).status_code == requests.codes.forbidden


_SIGNED_IN: dict[tuple[str, str], Api] = {}


def _people(superset: RunningSuperset, username: str) -> Api:
    key = (superset.base_url, username)
    if key not in _SIGNED_IN:
        _SIGNED_IN[key] = superset.sign_in(username, PASSWORD)
    return _SIGNED_IN[key]


def test_an_analyst_explores_and_saves_charts_but_changes_no_dataset(
    superset: RunningSuperset,
) -> None:
    person = superset.sign_in(ANALYST, PASSWORD)
    sql = "select count(*) as n from marts.fct_opportunities"
    rows = person.call("POST", "sqllab/execute/", json={"database_id": 1, "sql": sql})["data"]
    assert rows == [{"n": DEALS_A_REP * len(REPS)}]
    dataset = dataset_id(superset, "opportunities")
    chart = {
        "slice_name": "Drawn by an analyst",
        "viz_type": "table",
        "datasource_id": dataset,
        "datasource_type": "table",
        "params": "{}",
    }
    created = person.call("POST", "chart/", json=chart)
    person.call("DELETE", f"chart/{created['id']}")
    refused = person.send("PUT", f"dataset/{dataset}", json={"description": "mine"})
    assert refused.status_code == requests.codes.forbidden


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select * from read_csv('/etc/passwd')", "disabled by configuration"),
        ("select * from '/etc/passwd'", "does not exist"),
        ("attach '/tmp/other.duckdb' as other", "disabled"),
        ("copy (select 1) to '/tmp/taken.csv'", "disabled"),
        ("install httpfs", "disabled"),
        ("load httpfs", "disabled"),
        ("set enable_external_access = true", "locked"),
        ("create table marts.taken as select 1 as a", "read-only"),
    ],
)
def test_even_an_administrator_is_refused_by_duckdb(
    superset: RunningSuperset, sql: str, reason: str
) -> None:
    admin = superset.sign_in(ADMIN_USERNAME, PASSWORD)
    answer = admin.send("POST", "sqllab/execute/", json={"database_id": 1, "sql": sql})
    assert not answer.ok
    assert _is_refusal(answer.text, reason), answer.text


def _is_refusal(text: str, reason: str) -> bool:
    superset_itself = ("not allowed", "DML", "mutating", "mutate")
    return reason in text or any(word in text for word in superset_itself)


def test_a_duckdb_database_elsewhere_cannot_be_opened(superset: RunningSuperset) -> None:
    admin = superset.sign_in(ADMIN_USERNAME, PASSWORD)
    elsewhere = superset.serving_dir / "releases" / "first" / "lakehouse.duckdb"
    for uri in (f"duckdb:///{elsewhere}", "duckdb:///:memory:", "duckdb:////tmp/x.duckdb"):
        body = {"database_name": "elsewhere", "sqlalchemy_uri": uri}
        assert not admin.send("POST", "database/test_connection/", json=body).ok


def test_nothing_outside_is_called_by_the_front_end(superset: RunningSuperset) -> None:
    answer = requests.get(f"{superset.base_url}/login/", timeout=30)
    assert "https:" not in answer.headers["Content-Security-Policy"]
    assert "http" not in answer.headers["Content-Security-Policy"]
    logo = requests.get(f"{superset.base_url}/revlake/logo.svg", timeout=30)
    assert logo.headers["Content-Type"].startswith("image/svg+xml")


def test_the_demo_has_no_examples_and_no_public_page(superset: RunningSuperset) -> None:
    answer = requests.get(f"{superset.base_url}/api/v1/dashboard/", timeout=30)
    assert answer.status_code == requests.codes.unauthorized
