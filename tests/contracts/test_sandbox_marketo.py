"""The sandbox answers as Marketo does: its specification, its samples, an independent client."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx
import pytest
from marketorestpython.client import MarketoClient

from ingestion.sandbox.vendors.marketo import activities, bulk, credentials
from tests.contracts.marketo_company import (
    CONTACT_1,
    HARD_NAME,
    LEAD_1,
    LEAD_2,
    LEAD_3,
    LEAD_5,
    PROGRAM,
    ROWS,
    code_of,
    get,
    login,
)
from tests.contracts.sandbox_server import Sandbox, serve
from tests.paths import SHARED_DATA

SPECS = SHARED_DATA / "api_specs" / "marketo"
FIXTURES = SHARED_DATA / "api_fixtures" / "marketo" / "test"
needs_shared_data = pytest.mark.skipif(not SPECS.is_dir(), reason="no shared sample data")
SPAN = {"startAt": "2026-08-25T00:00:00Z", "endAt": "2026-09-20T00:00:00Z"}
TYPES = "1,2,6,7,8,9,10,11,12,22"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(ROWS) as running:
        yield running


@pytest.fixture(scope="module")
def marketo(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with login(sandbox) as client:
        yield client


def token(client: httpx.Client, since: str = "2026-01-01T00:00:00Z") -> str:
    return str(get(client, "/rest/v1/activities/pagingtoken.json", sinceDatetime=since)
               ["nextPageToken"])  # fmt: skip


def order(**filters: Any) -> dict[str, Any]:
    return {"fields": ["id", "company", "email", "phone"], "filter": filters}


def created(client: httpx.Client, kind: str = "leads", **body: Any) -> str:
    answer = client.post(f"/bulk/v1/{kind}/export/create.json", json=body).json()
    assert answer["success"], answer
    return str(answer["result"][0]["exportId"])


def test_wrong_credentials_are_refused_with_a_status(sandbox: Sandbox) -> None:
    answer = sandbox.admin.post(
        "/marketo/identity/oauth/token",
        data={"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"},
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")


def test_token_counts_only_in_the_header(sandbox: Sandbox, marketo: httpx.Client) -> None:
    secret = marketo.headers["Authorization"].removeprefix("Bearer ")
    path = "/marketo/rest/v1/activities/types.json"
    assert code_of(sandbox.admin.get(path, params={"access_token": secret})) == "600"
    wrong = {"Authorization": "Bearer wrong"}
    assert code_of(sandbox.admin.get(path, headers=wrong)) == "601"


def test_token_is_over_after_an_hour() -> None:
    with serve(ROWS) as sandbox, login(sandbox) as client:
        get(client, "/rest/v1/activities/types.json")
        sandbox.advance(3601)
        assert code_of(client.get("/rest/v1/activities/types.json")) == "602"


def test_faults_have_status_200_and_a_code(sandbox: Sandbox, marketo: httpx.Client) -> None:
    codes = {"rate_limit": "606", "quota_exhausted": "607", "server_error": "611", "down": "608",
             "token_expiry": "601"}  # fmt: skip
    for kind, code in codes.items():
        with login(sandbox) as client:
            sandbox.fault("marketo", kind)
            assert code_of(client.get("/rest/v1/activities/types.json")) == code
            sandbox.clear_faults()
    marketo.headers.update(login(sandbox).headers)


def test_people_of_the_region_are_leads_once(marketo: httpx.Client) -> None:
    ids = ",".join(str(number) for number in range(990, 1020))
    found = get(marketo, "/rest/v1/leads.json", filterType="id", filterValues=ids,
                fields="id,email,firstName,title,company,leadStatus,unsubscribed")  # fmt: skip
    people = {lead["id"]: lead for lead in found["result"]}
    assert sorted(people) == [LEAD_1, CONTACT_1, LEAD_2, LEAD_3, LEAD_5]
    assert people[LEAD_1]["company"] == HARD_NAME
    assert people[LEAD_1]["title"] == "CFO"
    assert people[LEAD_1]["leadStatus"] == "Converted"
    assert people[CONTACT_1]["firstName"] == "李"


def test_long_lists_of_ids_come_as_a_form(marketo: httpx.Client) -> None:
    form = {"filterType": "email", "filterValues": "lead5@acme.example", "fields": "id"}
    answer = marketo.post("/rest/v1/leads.json?_method=GET", data=form).json()
    assert answer["result"] == [{"id": LEAD_5}]
    assert code_of(marketo.post("/rest/v1/leads.json", data=form)) == "603"


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("/rest/v1/leads.json", {"filterType": "id", "filterValues": "1", "fields": "x"}, "1006"),
        ("/rest/v1/leads.json", {"filterType": "shoeSize", "filterValues": "1"}, "1003"),
        ("/rest/v1/leads.json", {"filterType": "id"}, "1002"),
        ("/rest/v1/leads.json", {"filterType": "id", "filterValues": "1," * 301}, "1003"),
        ("/rest/v1/activities.json", {"activityTypeIds": "1"}, "1002"),
        ("/rest/v1/activities.json", {"activityTypeIds": "1", "nextPageToken": "!"}, "1003"),
        ("/rest/v1/activities/pagingtoken.json", {"sinceDatetime": "yesterday"}, "1003"),
        ("/rest/asset/v1/program/99.json", {}, "702"),
    ],
)
def test_refused_requests(
    marketo: httpx.Client, path: str, params: dict[str, Any], code: str
) -> None:
    assert code_of(marketo.get(path, params=params)) == code


def test_pages_of_the_log_may_be_empty_although_more_follows(
    marketo: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = get(
        marketo, "/rest/v1/activities.json", activityTypeIds="8", nextPageToken=token(marketo)
    )
    monkeypatch.setattr(activities, "STRETCH", 2)
    seen, sizes, following, more = [], [], token(marketo), True
    while more:
        page = get(marketo, "/rest/v1/activities.json", activityTypeIds="8",
                   nextPageToken=following)  # fmt: skip
        seen += page.get("result", [])
        sizes.append(len(page.get("result", [])))
        following, more = page["nextPageToken"], page["moreResult"]
    assert seen == whole["result"]
    assert len(seen) == 1
    assert sizes[0] == 0


def test_every_version_of_a_lead_has_an_activity(marketo: httpx.Client) -> None:
    page = get(marketo, "/rest/v1/activities.json", nextPageToken=token(marketo),
               activityTypeIds="12,13,22")  # fmt: skip
    mine = [record for record in page["result"] if record["leadId"] == LEAD_1]
    told = [
        (record["activityTypeId"], record["activityDate"][:10],
         {each["name"]: each["value"] for each in record["attributes"]}.get("New Value"))
        for record in mine
    ]  # fmt: skip
    assert told == [
        (12, "2026-09-01", None),
        (22, "2026-09-01", "15"),
        (22, "2026-09-06", "25"),
        (13, "2026-10-01", "Converted"),
        (13, "2026-10-01", "CFO"),
    ]


def test_deleted_and_merged_leads_leave_traces_of_their_own() -> None:
    with serve(ROWS) as sandbox:
        sandbox.advance(3600)
        with login(sandbox) as client:
            since = token(client, "2026-11-18T00:00:00Z")
            [gone] = get(client, "/rest/v1/activities/deletedleads.json", nextPageToken=since)[
                "result"
            ]
            [merge] = get(client, "/rest/v1/activities.json", nextPageToken=since,
                          activityTypeIds="32")["result"]  # fmt: skip
            sandbox.advance(3540)
            assert (gone["leadId"], gone["activityTypeId"]) == (LEAD_2, 37)
            assert merge["leadId"] == LEAD_1
            assert merge["attributes"][0]["value"] == f"[{LEAD_3}]"
        sandbox.advance(15 * 86_400)
        with login(sandbox) as client:
            path = "/rest/v1/activities/deletedleads.json"
            assert "result" not in get(client, path, nextPageToken=since)


def test_export_goes_from_created_to_a_file(marketo: httpx.Client) -> None:
    export_id = created(marketo, **order(createdAt=SPAN))
    path = f"/bulk/v1/leads/export/{export_id}"
    assert code_of(marketo.get(f"{path}/file.json")) == "1003"
    assert marketo.post(f"{path}/enqueue.json").json()["result"][0]["status"] == "Queued"
    job = get(marketo, f"{path}/status.json")["result"][0]
    file = marketo.get(f"{path}/file.json")
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8"), newline="")))
    assert (job["status"], job["numberOfRecords"], job["fileSize"]) == (
        "Completed", len(rows), len(file.content),
    )  # fmt: skip
    assert [int(row["id"]) for row in rows] == [LEAD_1, CONTACT_1, LEAD_2, LEAD_3, LEAD_5]
    assert rows[0]["company"] == HARD_NAME
    assert rows[0]["phone"] == "null"


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"createdAt": {**SPAN, "startAt": "2026-08-19T00:00:00Z"}}, "1003"),
        ({"createdAt": {"startAt": "2026-08-20T00:00:00Z"}}, "1003"),
        ({"updatedAt": SPAN}, "1035"),
    ],
)
def test_refused_exports(marketo: httpx.Client, filters: dict[str, Any], code: str) -> None:
    body = order(**filters)
    assert code_of(marketo.post("/bulk/v1/leads/export/create.json", json=body)) == code


def test_queue_holds_ten_exports_of_any_kind(marketo: httpx.Client) -> None:
    kinds = ["leads"] * 5 + ["activities"] * 6
    bodies = {
        "leads": order(createdAt=SPAN),
        "activities": {"fields": ["leadId"], "filter": {"createdAt": SPAN}},
    }
    paths = [f"/bulk/v1/{kind}/export/{created(marketo, kind, **bodies[kind])}" for kind in kinds]
    answers = [marketo.post(f"{path}/enqueue.json") for path in paths]
    assert all(answer.json()["success"] for answer in answers[:10])
    assert code_of(answers[10]) == "1029"
    for path in paths[:10]:
        get(marketo, f"{path}/status.json")
    assert marketo.post(f"{paths[10]}/enqueue.json").json()["success"]
    get(marketo, f"{paths[10]}/status.json")


def test_day_has_so_many_megabytes(marketo: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "DAILY_BYTES", 0)
    answer = marketo.post("/bulk/v1/leads/export/create.json", json=order(createdAt=SPAN))
    assert code_of(answer) == "1029"
    assert "quota" in answer.json()["errors"][0]["message"]


def test_costs_are_the_months_of_a_program(marketo: httpx.Client) -> None:
    [listed] = get(marketo, "/rest/asset/v1/programs.json")["result"]
    assert "costs" not in listed
    [program] = get(marketo, f"/rest/asset/v1/program/{PROGRAM}.json")["result"]
    assert [(cost["startDate"][:7], cost["cost"]) for cost in program["costs"]] == [
        ("2026-09", 10),
        ("2026-10", 20),
    ]
    late = get(marketo, "/rest/asset/v1/programs.json", earliestUpdatedAt="2026-10-03T00:00:00Z")
    assert "result" not in late
    assert late["warnings"] == ["No assets found for the given search criteria."]


def test_independent_client_reads_everything(sandbox: Sandbox) -> None:
    client = MarketoClient(
        "123-ABC-456", credentials.CLIENT_ID, credentials.CLIENT_SECRET, None, None, 2
    )
    client.host = f"{sandbox.base_url}/marketo"
    [found] = client.execute(
        method="get_multiple_leads_by_filter_type", filterType="email",
        filterValues=["lead1@acme.example"], fields=["id", "company"],
    )  # fmt: skip
    assert found == {"id": LEAD_1, "company": HARD_NAME}
    records = client.execute(
        method="get_lead_activities", activityTypeIds=["6", "7"], sinceDatetime="2026-09-06"
    )
    assert [record["activityTypeId"] for record in records] == [6, 6, 7]
    assert client.execute(method="get_activity_types")[0]["name"] == "Visit Webpage"
    assert client.execute(method="get_program_by_id", id=PROGRAM)[0]["costs"][0]["cost"] == 10
    [job] = client.execute(
        method="create_leads_export_job", fields=["id", "company"], filters={"createdAt": SPAN}
    )
    client.execute(method="enqueue_leads_export_job", job_id=job["exportId"])
    [done] = client.execute(method="get_leads_export_job_status", job_id=job["exportId"])
    assert done["status"] == "Completed"
    content = client.execute(method="get_leads_export_job_file", job_id=job["exportId"])
    assert HARD_NAME.split("\n")[0] in content.decode("utf-8")


@cache
def specification(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SPECS / f"swagger-{name}.json").read_text("utf-8"))
    return found


def breaches(name: str, definition: str, value: Any, at: str = "") -> list[str]:
    """Where a value is not what the specification's definition asks for."""
    rules = specification(name)["definitions"][definition]
    found = [f"{at}{field} is missing" for field in rules.get("required", []) if field not in value]
    for field, rule in rules.get("properties", {}).items():
        if value.get(field) is None:
            continue
        found += _breaches_of(name, rule, value[field], f"{at}{field}")
    return found


def _breaches_of(name: str, rule: dict[str, Any], value: Any, at: str) -> list[str]:
    if "$ref" in rule:
        return breaches(name, rule["$ref"].rpartition("/")[2], value, f"{at}.")
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list, "object": object}
    if not isinstance(value, kinds[rule["type"]]):
        return [f"{at} is {type(value).__name__}, not {rule['type']}"]
    if "enum" in rule and value not in rule["enum"]:
        return [f"{at} is {value!r}, not one of {rule['enum']}"]
    if rule["type"] == "array":
        return [each for item in value for each in _breaches_of(name, rule["items"], item, at)]
    return []


@needs_shared_data
def test_answers_are_as_specified(sandbox: Sandbox, marketo: httpx.Client) -> None:
    export = f"/bulk/v1/activities/export/{created(marketo, 'activities', fields=['leadId'], filter={'createdAt': SPAN})}"  # noqa: E501 - one address
    marketo.post(f"{export}/enqueue.json")
    asked: list[tuple[str, str, str, dict[str, Any]]] = [
        ("mapi", "ResponseOfLeadAttribute2", "/rest/v1/leads/describe2.json", {}),
        ("mapi", "ResponseOfLeadAttribute", "/rest/v1/leads/describe.json", {}),
        ("mapi", "ResponseOfLead", "/rest/v1/leads.json",
         {"filterType": "id", "filterValues": LEAD_1}),
        ("mapi", "ResponseOfVoid", "/rest/v1/activities/pagingtoken.json",
         {"sinceDatetime": "2026-01-01"}),
        ("mapi", "ResponseOfActivity", "/rest/v1/activities.json",
         {"activityTypeIds": TYPES, "nextPageToken": token(marketo)}),
        ("mapi", "ResponseOfActivityType", "/rest/v1/activities/types.json", {}),
        ("mapi", "ResponseOfProgramMember", f"/rest/v1/programs/{PROGRAM}/members.json",
         {"filterType": "leadId", "filterValues": LEAD_1}),
        ("mapi", "ResponseOfProgramMemberAttributes2", "/rest/v1/programs/members/describe.json",
         {}),
        ("mapi", "ResponseOfExportResponse", f"{export}/status.json", {}),
        ("asset", "ResponseOfBrowseAllPrograms", "/rest/asset/v1/programs.json", {}),
        ("asset", "ResponseOfProgramResponse", f"/rest/asset/v1/program/{PROGRAM}.json", {}),
        ("asset", "ResponseOfChannelResponse", "/rest/asset/v1/channels.json", {}),
        ("asset", "ResponseOfEmailResponse", "/rest/asset/v1/emails.json", {}),
        ("asset", "ResponseOfSmartCampaignResponse", "/rest/asset/v1/smartCampaigns.json", {}),
    ]  # fmt: skip
    for name, definition, path, params in asked:
        body = get(marketo, path, **params)
        assert breaches(name, definition, body) == [], path
        assert "pagingtoken" in path or body["result"], path
    answer = sandbox.admin.get(
        "/marketo/identity/oauth/token",
        params={"grant_type": "client_credentials", "client_id": credentials.CLIENT_ID,
                "client_secret": credentials.CLIENT_SECRET},
    ).json()  # fmt: skip
    assert breaches("identity", "ResponseOfIdentity", answer) == []


def fixture(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    return found


@needs_shared_data
def test_answers_have_what_the_vendors_samples_have(marketo: httpx.Client) -> None:
    lead = get(marketo, "/rest/v1/leads.json", filterType="id", filterValues=LEAD_1)
    channels = get(marketo, "/rest/asset/v1/channels.json")
    for name, body in (("leads", lead), ("channels", channels)):
        sample = fixture(name)
        assert set(sample) <= set(body)
        assert set(sample["result"][0]) <= set(body["result"][0])
        stamp = sample["result"][0]["createdAt"]
        assert len(body["result"][0]["createdAt"]) == len(stamp)
    statuses = channels["result"][0]["progressionStatuses"][0]
    assert set(fixture("channels")["result"][0]["progressionStatuses"][0]) == set(statuses)
    nothing = get(marketo, "/rest/asset/v1/emails.json", offset=50)
    assert set(nothing) == set(fixture("zero-records"))
    unknown = marketo.get("/rest/v1/nowhere.json").json()
    assert unknown["errors"] == fixture("not-found")["errors"]
    assert set(unknown) == set(fixture("not-found"))


def test_instants_are_utc(marketo: httpx.Client) -> None:
    [lead] = get(marketo, "/rest/v1/leads.json", filterType="id", filterValues=LEAD_5)["result"]
    assert datetime.fromisoformat(lead["createdAt"]) == datetime(2026, 9, 5, tzinfo=UTC)
