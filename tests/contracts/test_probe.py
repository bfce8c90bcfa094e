"""`revlake sources test` against the sandbox: what may be read, what may not, and what to grant."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.budget import DailyBudget, day_state
from ingestion.catalog import (
    connection_model,
    daily_budget,
    entities,
    permissions,
    source_names,
)
from ingestion.landing import BUDGET_FOLDER
from ingestion.probe import MOST_CALLS, Look, probe
from ingestion.sandbox import credentials
from ingestion.sandbox.vendors.gmail import access as gmail
from ingestion.sandbox.vendors.microsoft_graph import service as microsoft_graph
from ingestion.sandbox.vendors.microsoft_graph.refusals import refused
from tests.contracts.company_sandbox import NOW, SOURCES, company_sandbox, impatient
from tests.contracts.sandbox_server import Sandbox, serve
from tests.paths import PROJECT

# No vendor counts what is asked of them.
WITHOUT_API = {"files", "sql_database"}
# A part of the requests for one entity and for no other, and the entities that it takes with it.
ONE_OBJECT = {
    "salesforce": ("FROM Opportunity WHERE", {"opportunities"}),
    "hubspot": ("/crm/v3/objects/deals", {"deals", "deal_history", "deal_associations"}),
    "dynamics": ("/leads?", {"leads"}),
    "pipedrive": ("/v1/goals", {"goals"}),
    "eloqua": ("/assets/forms", {"forms"}),
    "seismic": ("/contentViewHistory", {"content_view_history"}),
    "highspot": ("/spots?", {"spots", "items"}),
    "linkedin_ads": ("/adAnalytics", {"campaign_daily"}),
    "gmail": ("/profile", {"messages"}),
}
# Where the login stands beside the data, a part of the requests for data alone.
DATA = {
    "salesforce": "/services/data/",
    "google_ads": "/customers/",
    "dynamics": "/api/data/",
    "marketo": "/rest/",
    "pardot": "/api/v5/",
    "zoom": "/zoom/v2",
    "eloqua": "/api/",
    "seismic": "/reporting/",
    "linkedin_ads": "/rest/",
    "gmail": "/v1/",
    "microsoft_graph": "/v1.0/",
}
WORDS = {
    "salesforce": "NOT_FOUND",
    "hubspot": "MISSING_SCOPES",
    "dynamics": "0x80040220",
    "pipedrive": "Scope and URL mismatch",
    "eloqua": "Forbidden",
    "seismic": "not allowed",
    "highspot": "do not have permission",
    "linkedin_ads": "ACCESS_DENIED",
    "gmail": "Insufficient Permission",
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with company_sandbox(tmp_path_factory.mktemp("company")) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.clear_faults()


def looks(
    sandbox: Sandbox, source: str, state_dir: Path, *, calls: int | None = None, **changed: str
) -> dict[str, Look]:
    values = {**credentials.connections(sandbox.base_url)[source], **changed}
    found = probe(
        source,
        connection=connection_model(source)(**values),
        state_dir=state_dir,
        clock=lambda: NOW,
        patience=impatient(),
        budget=daily_budget(source, calls),
    )
    return {look.entity: look for look in found}


@pytest.mark.parametrize("source", SOURCES)
def test_every_entity_is_looked_at_with_a_few_counted_calls(
    sandbox: Sandbox, source: str, tmp_path: Path
) -> None:
    found = looks(sandbox, source, tmp_path)
    assert list(found) and set(found) == {entity.name for entity in entities(source)}
    assert {look.state for look in found.values()} == {"ok"}
    assert all(1 <= look.calls <= MOST_CALLS for look in found.values())
    made = day_state(tmp_path / BUDGET_FOLDER, source, DailyBudget(), NOW).calls
    assert made >= sum(look.calls for look in found.values())


@pytest.mark.parametrize("source", SOURCES)
def test_what_may_not_be_read_is_named_with_what_to_grant(
    sandbox: Sandbox, source: str, tmp_path: Path
) -> None:
    sandbox.fault(source, "permission_denied", match=DATA.get(source, ""))
    found = looks(sandbox, source, tmp_path)
    assert {look.state for look in found.values()} == {"missing permission"}
    assert {name: look.permission for name, look in found.items()} == dict(permissions(source))


@pytest.mark.parametrize("source", ONE_OBJECT)
def test_one_missing_permission_leaves_the_other_entities(
    sandbox: Sandbox, source: str, tmp_path: Path
) -> None:
    match, refused = ONE_OBJECT[source]
    sandbox.fault(source, "permission_denied", match=match)
    found = looks(sandbox, source, tmp_path)
    assert {name for name, look in found.items() if look.state != "ok"} == refused
    for name in refused:
        assert found[name].state == "missing permission"
        assert WORDS[source] in found[name].said
        assert found[name].permission == permissions(source)[name]


@pytest.mark.parametrize(
    ("source", "secret"),
    [
        ("hubspot", "access_token"),
        ("eloqua", "password"),
        ("seismic", "client_secret"),
        ("highspot", "api_secret"),
    ],
)
def test_wrong_credentials_are_said_once_and_shown_nowhere(
    sandbox: Sandbox, source: str, secret: str, tmp_path: Path
) -> None:
    found = list(looks(sandbox, source, tmp_path, **{secret: "wrong-but-secret-77"}).values())
    assert found[0].state == "wrong credentials"
    assert {look.state for look in found[1:]} == {"not asked"}
    assert "wrong-but-secret" not in repr(found)


def test_a_scope_that_is_not_delegated_is_no_wrong_key(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Google tells it when a token is asked for, with 401."""
    monkeypatch.setattr(gmail, "GRANTED", frozenset({gmail.DIRECTORY}))
    found = looks(sandbox, "gmail", tmp_path)
    assert {name: look.state for name, look in found.items()} == {
        "mailboxes": "ok",
        "messages": "missing permission",
    }
    assert found["messages"].permission == permissions("gmail")["messages"]


def test_mailboxes_that_are_all_closed_are_told_from_an_answer_with_status_200(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Graph refuses each read within a batch."""

    def refuse(self: microsoft_graph.Graph, user: str) -> int:
        raise refused(403, "ErrorAccessDenied", "Access is denied. Check credentials.")

    monkeypatch.setattr(microsoft_graph.Graph, "_mailbox", refuse)
    found = looks(sandbox, "microsoft_graph", tmp_path)
    assert found["mailboxes"].state == "ok"
    for name in ("messages", "meetings"):
        assert found[name].state == "missing permission"
        assert permissions("microsoft_graph")[name] in found[name].said


def test_a_source_that_is_down_is_out_of_reach(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.fault("pipedrive", "down")
    found = list(looks(sandbox, "pipedrive", tmp_path).values())
    assert [look.state for look in found[:2]] == ["out of reach", "not asked"]


def test_vendors_of_one_sandbox_answer_in_any_order(tmp_path: Path) -> None:
    """Each builds its tables when it is first asked, whoever was before."""
    with serve({}) as running:
        for source in reversed(SOURCES):
            assert all(look.is_fine for look in looks(running, source, tmp_path).values()), source


def test_a_look_keeps_to_the_budget(sandbox: Sandbox, tmp_path: Path) -> None:
    found = looks(sandbox, "aircall", tmp_path, calls=3)
    states = [look.state for look in found.values()]
    assert states == ["ok", "ok", "ok", "budget used up", "not asked", "not asked"]


@pytest.mark.parametrize("source", source_names())
def test_settings_and_page_of_a_source_agree_on_permissions_and_budget(source: str) -> None:
    """Each source says what to grant for each entity, and its page says the same in its words."""
    page = (PROJECT / "docs" / "sources" / f"{source}.md").read_text(encoding="utf-8")
    assert set(permissions(source)) == {entity.name for entity in entities(source)}
    assert [text for text in set(permissions(source).values()) if text not in page] == []
    calls = daily_budget(source).calls
    assert source in WITHOUT_API or (calls is not None and f"{calls:,} calls a day" in page)
