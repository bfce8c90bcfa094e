"""What `revlake status` says of a running Revlake, and going back to an earlier release."""

import json

import pytest

from orchestration.query import ask, served
from tests.e2e.conftest import Stack
from tests.e2e.superset_queries import query_metric


def test_status_tells_release_sources_checks_dashboards_models_and_services(stack: Stack) -> None:
    status = stack.status()
    assert status["release"] == served(stack.settings.paths.serving).id
    assert status["published_at"]
    assert set(status["sources"]) >= {"salesforce", "hubspot", "dynamics", "google_ads"}
    for facts in status["sources"].values():
        assert facts["tables"] and facts["rows"] and facts["last_loaded_at"]
        assert facts["rejects"] == 0
    # What no table can break is its constraint and needs no check.
    constraints = ask(
        served(stack.settings.paths.serving),
        "select count(*) from duckdb_constraints() where constraint_type in ('NOT NULL', 'CHECK')",
    ).rows[0][0]
    assert constraints > 90
    assert status["checks"]["passed"] + constraints > 240
    assert status["checks"]["failed"] == 0
    assert set(status["dashboards"]) == {
        "executive-pulse",
        "my-pipeline",
        "pipeline-and-forecast",
    }
    for charts in status["dashboards"].values():
        assert charts["charts"] >= 8
        assert charts["failed"] == 0
    assert set(status["models"]) == {"lead_scoring", "win_probability", "forecasting"}
    assert status["services"] == {
        "sandbox": True, "superset": True, "code_server": True, "webserver": True, "daemon": True,
    }  # fmt: skip


def test_every_model_is_shown_beside_its_baseline(stack: Stack) -> None:
    text = json.dumps(stack.status()["models"])
    for name in ("crm_weighted_pipeline", "crm_stage_probability", "logistic_source_title"):
        assert name in text


@pytest.fixture
def with_a_past(stack: Stack) -> Stack:
    """The stack, when it has served an older release before: other tests see to it, if they run."""
    if not served(stack.settings.paths.serving).manifest["base"]:
        stack.revlake("sandbox", "advance", "1h")
        stack.revlake("refresh", "hourly")
    return stack


def test_a_rollback_is_what_dashboards_show_at_once(with_a_past: Stack) -> None:
    stack = with_a_past
    serving, base = stack.settings.paths.serving, stack.settings.url("superset")
    query = "select sum(is_completed::int) from marts.fct_activities"
    newest, session = served(serving), stack.superset("executive")

    def charted() -> float:
        dataset = stack.datasets["activities"]
        return query_metric(session, base, dataset, "activity_count")[None]

    after = charted()
    stack.revlake("rollback")
    try:
        before = ask(served(serving), query).rows[0][0]
        assert served(serving).id == newest.manifest["base"]
        assert charted() == before < after
    finally:
        stack.revlake("rollback", newest.id)
    assert charted() == after
