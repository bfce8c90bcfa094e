"""The sandbox answers as Seismic does: its reporting tables, token server, filters and limits."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from ingestion.sandbox.vendors.seismic import credentials
from ingestion.sandbox.vendors.seismic.seismic_tables import SELECTS
from tests.contracts.api_specs import fixture, misfits, properties, spec
from tests.contracts.enablement_company import ROWS
from tests.contracts.sandbox_server import Sandbox, serve

TOKEN = f"/seismic/auth/tenants/{credentials.TENANT}/connect/token"
FORM = {
    "grant_type": "delegation",
    "client_id": credentials.CLIENT_ID,
    "client_secret": credentials.CLIENT_SECRET,
    "user_id": credentials.USER_ID,
    "scope": "seismic.reporting",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(ROWS) as running:
        yield running


@pytest.fixture(scope="module")
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with seismic(sandbox) as client:
        yield client


def seismic(sandbox: Sandbox) -> httpx.Client:
    token = sandbox.admin.post(TOKEN, data=FORM).raise_for_status().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    base_url = f"{sandbox.base_url}/seismic/reporting/v2"
    return httpx.Client(base_url=base_url, headers=headers, timeout=20)


def rows(http: httpx.Client, name: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get(f"/{name}", params=params).raise_for_status().json()
    return found


@pytest.mark.parametrize("name", SELECTS)
def test_report_has_the_fields_that_the_vendor_has(http: httpx.Client, name: str) -> None:
    reports = fixture("seismic/schemas.json")["modules"]["reporting"]["objects"]
    found = rows(http, name)
    assert found
    for row in found:
        assert set(row) == set(reports[name]["fields"])
    assert reports[name]["path"] == f"/{name}"


def test_refusals_are_errors_as_the_specification_says(
    http: httpx.Client, sandbox: Sandbox
) -> None:
    document = spec("seismic/seismic-analytics-openapi.yml")
    expected = properties(document["components"]["schemas"]["Error"], document)
    answers = [
        (http.get("/nothing"), 404),
        (http.get("/users", params={"limit": "none"}), 400),
        (http.get("/users", params={"modifiedAtStartTime": "soon"}), 400),
        (http.get("/users", headers={"Authorization": "Bearer none"}), 401),
    ]
    sandbox.fault("seismic", "rate_limit", seconds=7)
    answers.append((http.get("/users"), 429))
    for answer, status in answers:
        assert answer.status_code == status
        assert misfits(answer.json(), expected, document) == []
        assert misfits(answer.json()["error"], expected["error"]["properties"], document) == []
    assert "Try again in 7 seconds" in answers[-1][0].json()["error"]["message"]
    assert "Retry-After" not in answers[-1][0].headers


def test_token_wants_tenant_secret_user_and_scope(sandbox: Sandbox) -> None:
    for name in ("client_id", "client_secret", "user_id", "scope", "grant_type"):
        assert sandbox.admin.post(TOKEN, data={**FORM, name: "wrong"}).status_code == 400
    other = TOKEN.replace(credentials.TENANT, "other")
    assert sandbox.admin.post(other, data=FORM).json() == {"error": "invalid_client"}
    answer = sandbox.admin.post(TOKEN, data=FORM).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)


def test_same_rows_come_as_csv(http: httpx.Client) -> None:
    text = http.get("/livesendLinks", headers={"Accept": "text/csv"})
    assert text.headers["content-type"].startswith("text/csv")
    as_csv = list(csv.DictReader(io.StringIO(text.content.decode())))
    as_json = rows(http, "livesendLinks")
    assert [row["id"] for row in as_csv] == [row["id"] for row in as_json]
    assert [row["interactionGroupName"] for row in as_csv] == [
        row["interactionGroupName"] for row in as_json
    ]


def test_times_filter_and_limit_cuts(http: httpx.Client) -> None:
    everything = rows(http, "livesendViewingSessions")
    moments = sorted(row["modifiedAt"] for row in everything)
    middle = moments[len(moments) // 2]
    later = rows(http, "livesendViewingSessions", modifiedAtStartTime=middle)
    earlier = rows(http, "livesendViewingSessions", modifiedAtEndTime=middle)
    assert {row["id"] for row in [*later, *earlier]} == {row["id"] for row in everything}
    assert len(later) == sum(moment >= middle for moment in moments)
    few = rows(http, "livesendViewingSessions", limit=3)
    assert len(few) == 3
    answer = http.get("/users")
    used = int(answer.headers["X-Seismic-Total-Calls"])
    assert used + int(answer.headers["X-Seismic-Remaining-Calls"]) == 600


def test_rows_belong_together_and_to_the_crm(http: httpx.Client) -> None:
    links = {row["id"]: row for row in rows(http, "livesendLinks")}
    contents = {row["id"]: row for row in rows(http, "livesendLinkContents")}
    library = {row["id"]: row for row in rows(http, "libraryContents")}
    people = {row["id"]: row for row in rows(http, "users")}
    views = rows(http, "livesendContentViewingSessions")
    assert views
    for view in views:
        shared = contents[view["livesendLinkContentId"]]
        link = links[shared["livesendLinkId"]]
        assert library[shared["libraryContentId"]]["parentFolderLibraryContentId"] in library
        assert people[link["createdBy"]]["fullName"] in ("翔 渡辺", "Ada User3")
        assert view["sessionStartedAt"] > link["createdAt"]
        assert view["engagementUserEmailAddress"] in (
            "ana.contact@acme.example", "contact2@acme.example",
        )  # fmt: skip
    for context in rows(http, "interactionContexts"):
        kinds = {"Salesforce": ("Opportunity", 15), "Dynamics": ("opportunity", 36)}
        assert (context["contextType"], len(context["contextId"])) == kinds[context["systemType"]]


def test_rows_show_when_the_reports_are_refreshed() -> None:
    with serve(ROWS) as own:
        counts = []
        for _ in range(9):
            own.advance(15 * 3600)
            with seismic(own) as http:
                found = rows(http, "contentUsageHistory")
            now = datetime.fromisoformat(own.admin.get("/_sandbox/clock").json()["now"])
            refreshed = now.replace(hour=now.hour - now.hour % 6)
            assert max(row["modifiedAt"] for row in found) < refreshed.isoformat()
            counts.append(len(found))
        assert counts[0] < counts[-1]
