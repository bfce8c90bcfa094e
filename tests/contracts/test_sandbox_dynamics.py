"""The sandbox answers as Dataverse does: login, queries, annotations, paging, change tracking."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.vendors.dynamics.access import WINDOW_CALLS, CallMeter
from ingestion.sandbox.vendors.dynamics.tables import BY_NAME
from tests.contracts.dataverse import (
    COMPANY,
    FORMATTED,
    LOOKUP_TYPE,
    access,
    signed_in,
)
from tests.contracts.sandbox_server import Sandbox, serve
from tests.paths import SHARED_DATA

CDM = SHARED_DATA / "api_specs" / "dynamics" / "cdm"
FIXTURE = SHARED_DATA / "api_fixtures" / "dynamicscrm" / "test" / "contacts-read.json"
ANNOTATED = {"Prefer": 'odata.include-annotations="*"'}
WITHIN_THE_TOKEN = 3300
# Columns of every table or activity, lookups that the model has as relationships, later columns.
SINCE_THE_MODEL = {
    "versionnumber", "createdon", "modifiedon", "owninguser", "ownerid", "statecode", "statuscode",
    "transactioncurrencyid", "exchangerate", "msdyn_forecastcategory", "address1_country",
    "territoryid", "customerid", "opportunitystatecode", "opportunitystatuscode",
    "activityid", "subject", "actualend",
}  # fmt: skip
TRACKED = {"Prefer": "odata.track-changes,odata.maxpagesize=3"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(COMPANY) as running:
        yield running


@pytest.fixture(scope="module")
def dataverse(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with signed_in(sandbox) as client:
        yield client


def read(client: httpx.Client, path: str, **more: Any) -> dict[str, Any]:
    answer = client.get(path, **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def read_all(client: httpx.Client, path: str, headers: dict[str, str]) -> tuple[list[Any], str]:
    """All records of a tracked query, and the delta link at its end."""
    found: list[Any] = []
    while True:
        answer = read(client, path, headers=headers)
        found += answer["value"]
        if "@odata.deltaLink" in answer:
            return found, answer["@odata.deltaLink"]
        path = answer["@odata.nextLink"]


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 400, "unauthorized_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "everything"}, 400, "invalid_scope"),
    ],
)
def test_login_refuses(sandbox: Sandbox, changed: dict[str, str], status: int, error: str) -> None:
    answer = access(sandbox, **changed)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"].startswith("AADSTS")


def test_data_needs_a_token(sandbox: Sandbox) -> None:
    answer = sandbox.admin.get("/dynamics/api/data/v9.2/accounts")
    assert answer.status_code == 401
    assert "authorization_uri" in answer.headers["www-authenticate"]


def test_records_look_like_a_recorded_answer(dataverse: httpx.Client) -> None:
    if not FIXTURE.exists():
        pytest.skip("the vendors' recorded answers are not here")
    recorded = json.loads(FIXTURE.read_text(encoding="utf-8"))
    path = "/contacts?$select=fullname,emailaddress1"
    answer = read(dataverse, path, headers={"Prefer": "odata.maxpagesize=2"})
    assert {"@odata.context", "@odata.nextLink", "value"} <= set(recorded) & set(answer)
    wanted = {"@odata.etag", "fullname", "emailaddress1", "contactid"}
    assert set(answer["value"][0]) == wanted <= set(recorded["value"][0])
    assert answer["@odata.context"].endswith("$metadata#contacts(fullname,emailaddress1)")
    assert "$skiptoken=%3Ccookie%20pagenumber=" in recorded["@odata.nextLink"]
    assert "$skiptoken=%3Ccookie%20pagenumber" in answer["@odata.nextLink"]


@pytest.mark.parametrize(
    ("table", "document"),
    [
        ("account", "Account"), ("contact", "Contact"), ("lead", "crmCommon/Lead"),
        ("opportunity", "crmCommon/sales/Opportunity"),
        ("opportunityclose", "crmCommon/sales/OpportunityClose"),
        ("opportunityproduct", "crmCommon/sales/OpportunityProduct"), ("systemuser", "User"),
        ("goal", "Goal"), ("territory", "Territory"), ("team", "Team"),
        ("businessunit", "BusinessUnit"), ("transactioncurrency", "Currency"),
        ("campaign", "crmCommon/Campaign"),
    ],
)  # fmt: skip
def test_columns_are_those_of_the_common_data_model(table: str, document: str) -> None:
    file = CDM / f"{document}.cdm.json"
    if not file.exists():
        pytest.skip("the common data model is not here")
    known = {name.lower() for name in _attribute_names(json.loads(file.read_text("utf-8-sig")))}
    known |= SINCE_THE_MODEL
    shown = {column.name for column in BY_NAME[table].columns if not column.is_custom}
    assert shown - known == set()


def _attribute_names(node: Any) -> Iterator[str]:
    """The logical names in a document: what the model's attributes are called at the source."""
    if isinstance(node, dict):
        if "sourceName" in node:
            yield str(node["sourceName"])
        for value in node.values():
            yield from _attribute_names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _attribute_names(value)


def test_labels_and_types_come_when_they_are_asked_for(dataverse: httpx.Client) -> None:
    select = "$select=statecode,statuscode,estimatedvalue,_customerid_value,estimatedclosedate"
    plain = read(dataverse, f"/opportunities?{select}")["value"][0]
    assert not any("@" in name for name in plain if name != "@odata.etag")
    record = read(dataverse, f"/opportunities?{select}", headers=ANNOTATED)["value"][0]
    assert (record["statecode"], record[f"statecode{FORMATTED}"]) == (0, "Open")
    assert record[f"statuscode{FORMATTED}"] == "In Progress"
    assert record[f"estimatedvalue{FORMATTED}"] == "1,000.00"
    assert record[f"_customerid_value{LOOKUP_TYPE}"] == "account"
    assert record["estimatedclosedate"] == "2026-12-31"


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("name eq '株式会社 O''Neil & Söhne'", 1),
        ("numberofemployees gt 30 and numberofemployees le 50", 2),
        ("not (numberofemployees gt 30)", 3),
        ("industrycode eq null or name eq 'Account 1'", 2),
        ("contains(name,'account')", 7),
        ("modifiedon ge 2026-11-02T00:00:00Z", 1),
    ],
)
def test_filters(dataverse: httpx.Client, where: str, count: int) -> None:
    answer = read(dataverse, "/accounts", params={"$filter": where, "$count": "true"})
    assert (len(answer["value"]), answer["@odata.count"]) == (count, count)


def test_parties_of_many_activities_are_found_at_once(dataverse: httpx.Client) -> None:
    ids = [each["activityid"] for each in read(dataverse, "/phonecalls")["value"]]
    among = ",".join(f"'{each}'" for each in ids[:2])
    where = f"Microsoft.Dynamics.CRM.In(PropertyName='activityid',PropertyValues=[{among}])"
    found = read(dataverse, "/activityparties", params={"$filter": where}, headers=ANNOTATED)
    assert {each["_activityid_value"] for each in found["value"]} == set(ids[:2])
    assert {each[f"_partyid_value{LOOKUP_TYPE}"] for each in found["value"]} == {"contact"}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/accounts?$select=nonsense", 400, "0x80060888"),
        ("/accounts?$filter=name like 'x'", 400, "0x0"),
        ("/nonsense", 404, "0x8006088a"),
        ("/accounts(00000000-0000-0000-0000-000000000000)", 404, "0x80040217"),
        ("/accounts?$deltatoken=nonsense", 400, "0x80044353"),
    ],
)
def test_refusals(dataverse: httpx.Client, path: str, status: int, code: str) -> None:
    answer = dataverse.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_merged_record_is_inactive_and_names_its_master() -> None:
    with serve(COMPANY) as sandbox, signed_in(sandbox) as client:
        sandbox.advance(WITHIN_THE_TOKEN)
        found = read(client, "/accounts?$filter=merged eq true", headers=ANNOTATED)["value"]
    assert [each[f"statecode{FORMATTED}"] for each in found] == ["Inactive"]
    assert found[0]["_masterid_value"] is not None


def test_changes_come_by_delta_link_and_deletions_by_id() -> None:
    with serve(COMPANY) as sandbox, signed_in(sandbox) as client:
        first, link = read_all(client, "/accounts?$select=name", TRACKED)
        assert len(first) == 8
        assert read_all(client, link, TRACKED)[0] == []
        sandbox.advance(WITHIN_THE_TOKEN)
        changed, link = read_all(client, link, TRACKED)
        gone = [each for each in changed if "$deletedEntity" in each.get("@odata.context", "")]
        assert [(each["reason"], len(each["id"])) for each in gone] == [("deleted", 36)]
        assert [each["name"] for each in changed if each not in gone] == ["Account 3"]
        sandbox.advance(2 * 3600)
        with signed_in(sandbox) as later:
            assert [each["name"] for each in read_all(later, link, TRACKED)[0]] == ["Account 2"]


def test_change_that_shows_late_is_in_the_next_delta() -> None:
    with serve(COMPANY) as sandbox, signed_in(sandbox) as client:
        _, link = read_all(client, "/accounts?$select=name", TRACKED)
        sandbox.advance(WITHIN_THE_TOKEN)
        sandbox.fault("dynamics", "late_row", match="deltatoken")
        early, link = read_all(client, link, TRACKED)
        sandbox.clear_faults()
        late, _ = read_all(client, link, TRACKED)
    assert (len(early), len(late)) == (1, 1)


def test_delta_link_is_over_after_some_days() -> None:
    with serve(COMPANY) as sandbox, signed_in(sandbox) as client:
        _, link = read_all(client, "/accounts?$select=name", TRACKED)
        sandbox.advance(8 * 86_400)
        with signed_in(sandbox) as later:
            answer = later.get(link, headers=TRACKED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "0x80044352")


def test_tracking_is_refused_with_a_filter_and_where_it_is_off(dataverse: httpx.Client) -> None:
    filtered = dataverse.get("/accounts?$filter=name eq 'x'", headers=TRACKED)
    off = dataverse.get("/opportunitysalesprocesses", headers=TRACKED)
    assert (filtered.status_code, off.status_code) == (400, 400)


def test_metadata_tells_tables_and_their_columns(dataverse: httpx.Client) -> None:
    found = read(
        dataverse,
        "/EntityDefinitions",
        params={
            "$select": "LogicalName,EntitySetName,ChangeTrackingEnabled",
            "$expand": "Attributes($select=LogicalName,AttributeType,IsCustomAttribute)",
            "$filter": "LogicalName eq 'account' or LogicalName eq 'opportunitysalesprocess'",
        },
    )["value"]
    tracked = {each["LogicalName"]: each["ChangeTrackingEnabled"] for each in found}
    assert tracked == {"account": True, "opportunitysalesprocess": False}
    own = [each for each in found[0]["Attributes"] if each["IsCustomAttribute"]]
    assert {each["LogicalName"] for each in own} == {"new_segment", "new_supportplan"}


def test_calls_above_the_service_protection_limit_are_refused() -> None:
    now = [0.0]
    meter = CallMeter(lambda: now[0])
    for _ in range(WINDOW_CALLS):
        meter.count()
    now[0] = 100.0
    with pytest.raises(VendorError) as caught:
        meter.count()
    assert caught.value.status == 429
    assert caught.value.headers["Retry-After"] == "200"
    assert caught.value.body["error"]["code"] == "0x80072322"
    now[0] = 301.0
    meter.count()


def test_audit_tells_what_a_deal_was(dataverse: httpx.Client) -> None:
    where = "objecttypecode eq 'opportunity' and action eq 1"
    found = read(dataverse, "/audits", params={"$filter": where})["value"]
    assert len(found) == 6
    changes = json.loads(found[0]["changedata"])["changedAttributes"]
    old = {each["logicalName"]: each["oldValue"] for each in changes}
    assert old == dict.fromkeys(old)
    assert {"estimatedvalue", "estimatedclosedate", "statecode"} <= set(old)
