"""The sandbox answers as Eloqua does: specifications, an independent client, exports, assets."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pyeloqua import Bulk

from ingestion.sandbox.vendors.eloqua import credentials
from tests.contracts.api_specs import misfits, properties, spec
from tests.contracts.eloqua_company import (
    HARD_NAME,
    KENTA,
    LEAD_1,
    LEAD_2,
    LEAD_3,
    LEAD_4,
    LEAD_5,
    OPENS,
    ROWS,
    exported,
    login,
    synced,
)
from tests.contracts.sandbox_server import Sandbox, serve

BULK = "/API/Bulk/2.0"
OPEN_FIELDS = {"id": "{{Activity.Id}}", "at": "{{Activity.CreatedAt}}"}
OPENED = "'{{Activity.Type}}' = 'EmailOpen'"
CHANGED = "'{{Contact.Field(C_DateModified)}}' >= "
ASSETS = {
    "/API/REST/2.0/assets/campaigns": "CampaignRest20",
    "/API/REST/2.0/assets/emails": "EmailRest20",
    "/API/REST/2.0/assets/forms": "FormRest20",
    "/API/REST/1.0/assets/email/groups": "EmailGroupRest10",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(ROWS) as running:
        yield running


@pytest.fixture(scope="module")
def eloqua(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with login(sandbox) as client:
        yield client


def get(client: httpx.Client, path: str, **params: Any) -> dict[str, Any]:
    return dict(client.get(path, params=params).raise_for_status().json())


def refused(client: httpx.Client, **order: Any) -> str:
    """The field that a definition of an activity export is refused for."""
    body = {"name": "test", "fields": OPEN_FIELDS, "filter": OPENED, **order}
    answer = client.post(f"{BULK}/activities/exports", json=body)
    assert answer.status_code == 400
    (failure,) = answer.json()["failures"]
    return str(failure["field"])


def test_login_host_answers_strangers_with_status_200(sandbox: Sandbox) -> None:
    for auth in (None, httpx.BasicAuth(credentials.USERNAME, credentials.PASSWORD)):
        answer = sandbox.admin.get("/eloqua/login/id", auth=auth)
        assert (answer.status_code, answer.json()) == (200, "Not authenticated.")


def test_data_centres_refuse_strangers_and_accounts_of_others(eloqua: httpx.Client) -> None:
    path = f"{BULK}/contacts/fields"
    assert eloqua.get(path).status_code == 200
    assert eloqua.get(path, auth=httpx.BasicAuth("Company\\User", "wrong")).status_code == 401
    elsewhere = str(eloqua.base_url).replace("p06", "p03")
    assert eloqua.get(f"{elsewhere}{path}").status_code == 401


def test_independent_client_exports_contacts_and_activities(
    sandbox: Sandbox, eloqua: httpx.Client
) -> None:
    urls = sandbox.admin.get("/eloqua/login/id", auth=eloqua.auth).json()["urls"]
    bulk = Bulk(test=True)
    bulk.auth = (f"{credentials.COMPANY}\\{credentials.USERNAME}", credentials.PASSWORD)
    bulk.bulk_base = urls["apis"]["rest"]["bulk"].format(version="2.0")
    bulk.exports("contacts")
    bulk.add_fields(["contactID", "C_FirstName", "C_Company", "isSubscribed"])
    bulk.filter_date("createdAt", start="2026-01-01 00:00:00", end="2026-11-18 00:00:00")
    bulk.create_def("contacts")
    assert bulk.sync(sleeptime=0) == "success"
    people = {record["contactID"]: record for record in bulk.get_export_data()}
    assert sorted(people) == [LEAD_1, KENTA, LEAD_2, LEAD_3, LEAD_4, LEAD_5]
    assert people[KENTA]["C_FirstName"] == "健太"
    assert people[LEAD_1]["C_Company"] == HARD_NAME

    bulk.reset()
    bulk.exports("activities", act_type="EmailOpen")
    bulk.add_fields()
    bulk.create_def("opens")
    assert bulk.sync(sleeptime=0) == "success"
    assert bulk.get_export_count() == OPENS
    opens = bulk.get_export_data()
    assert len({record["ActivityId"] for record in opens}) == OPENS
    assert {record["ContactId"] for record in opens} == {LEAD_1}
    (log,) = bulk.get_sync_logs()
    assert log["count"] == OPENS


def test_bulk_records_are_as_specified(eloqua: httpx.Client) -> None:
    document = spec("eloqua/eloqua-bulk-openapi.yml")
    schemas = document["components"]["schemas"]
    order = {"name": "test", "fields": OPEN_FIELDS, "filter": OPENED}
    definition = eloqua.post(f"{BULK}/activities/exports", json=order).json()
    may_miss = "maxRecords autoDeleteDuration syncedInstanceUri status"
    expected = properties(schemas["ExportDefinition"], document)
    assert misfits(definition, expected, document, may_miss=may_miss) == []
    path = synced(eloqua, "activities", fields=OPEN_FIELDS, filter=OPENED)
    sync = get(eloqua, path)
    assert misfits(sync, properties(schemas["Sync"], document), document) == []
    (log,) = get(eloqua, f"{path}/logs")["items"]
    assert misfits(log, properties(schemas["SyncLog"], document), document) == []
    page = get(eloqua, f"{path}/data", limit=2)
    assert misfits(page, properties(schemas["BulkDataResult"], document), document) == []
    field = get(eloqua, f"{BULK}/contacts/fields", limit=1)["items"][0]
    assert misfits(field, properties(schemas["BulkField"], document), document) == []


@pytest.mark.parametrize("path", ASSETS)
def test_assets_are_as_specified(eloqua: httpx.Client, path: str) -> None:
    document = spec("eloqua/ballerina_eloqua.yaml")
    expected = properties(document["components"]["schemas"][ASSETS[path]], document)
    answer = get(eloqua, path, depth="partial", includeArchived="true")
    assert {name: answer[name] for name in ("page", "pageSize")} == {"page": 1, "pageSize": 1000}
    assert len(answer["elements"]) == answer["total"] > 0
    for record in answer["elements"]:
        assert set(record) <= set(expected)
        served = {name: expected[name] for name in record}
        assert misfits(record, served, document) == []
        assert {"type", "id", "name", "depth", "updatedAt"} <= set(record)


def test_pages_are_cut_by_limit_and_offset_and_an_empty_one_has_no_items(
    eloqua: httpx.Client,
) -> None:
    path = synced(eloqua, "activities", fields=OPEN_FIELDS, filter=OPENED)
    first = get(eloqua, f"{path}/data", limit=1000)
    rest = get(eloqua, f"{path}/data", limit=1000, offset=1000)
    assert [page["count"] for page in (first, rest)] == [1000, OPENS - 1000]
    assert [page["hasMore"] for page in (first, rest)] == [True, False]
    ids = {item["id"] for page in (first, rest) for item in page["items"]}
    assert len(ids) == first["totalResults"] == OPENS
    beyond = get(eloqua, f"{path}/data", offset=OPENS)
    assert (beyond["count"], "items" in beyond) == (0, False)


def test_times_are_eastern_unless_utc_is_asked_for(eloqua: httpx.Client) -> None:
    def first(**more: Any) -> tuple[int, str]:
        since = f"{OPENED} AND '{{{{Activity.CreatedAt}}}}' >= '2026-11-03 12:00:00'"
        order = {"fields": OPEN_FIELDS, "filter": since, **more}
        found = exported(eloqua, "activities", **order)
        return len(found), min(record["at"] for record in found)

    assert first(areSystemTimestampsInUTC=True) == (OPENS - 720, "2026-11-03 12:00:00.000")
    assert first() == (OPENS - 1020, "2026-11-03 12:00:00.000")


def test_filters_know_comparisons_and_logic(eloqua: httpx.Client) -> None:
    def ids(text: str) -> list[str]:
        found = exported(eloqua, "contacts", fields={"id": "{{Contact.Id}}"}, filter=text)
        return [record["id"] for record in found]

    name = "'{{Contact.Field(C_LastName)}}'"
    assert ids(f"{name} = 'lead1'") == [LEAD_1]
    assert ids(f"({name}='Lead1' OR {name} = 'Lead3')AND NOT '{{{{Contact.Id}}}}'='{LEAD_1}'") == [
        LEAD_3
    ]
    assert ids(f"{CHANGED}'2026-11-18 00:00:00'") == []


def test_definitions_that_cannot_be_run_are_refused(eloqua: httpx.Client) -> None:
    assert refused(eloqua, name="") == "name"
    assert refused(eloqua, fields={}) == "fields"
    assert refused(eloqua, fields={f"f{n}": "{{Activity.Id}}" for n in range(251)}) == "fields"
    assert refused(eloqua, fields={"link": "{{Activity.Field(EmailClickedThruLink)}}"}) == "fields"
    assert refused(eloqua, filter="") == "filter"
    assert refused(eloqua, filter="'{{Activity.Type}}' = 'Nothing'") == "filter"
    assert refused(eloqua, filter=f"{OPENED} AND '{{{{Activity.CreatedAt}}}}' > 'soon'") == "filter"
    assert refused(eloqua, filter=f"{OPENED}; drop table x") == "filter"
    assert refused(eloqua, filter=f"{OPENED} AND {OPENED}" + " " * 1000) == "filter"


def test_one_definition_is_not_in_two_active_syncs(eloqua: httpx.Client) -> None:
    order = {"name": "test", "fields": OPEN_FIELDS, "filter": OPENED}
    definition = eloqua.post(f"{BULK}/activities/exports", json=order).json()
    body = {"syncedInstanceUri": definition["uri"]}
    first = eloqua.post(f"{BULK}/syncs", json=body)
    assert (first.status_code, first.json()["status"]) == (201, "pending")
    assert eloqua.get(f"{BULK}{first.json()['uri']}/data").status_code == 404
    assert eloqua.post(f"{BULK}/syncs", json=body).status_code == 409
    assert get(eloqua, f"{BULK}{first.json()['uri']}")["status"] == "success"
    assert eloqua.post(f"{BULK}/syncs", json=body).status_code == 201


def test_bouncebacks_are_seen_late() -> None:
    fields = {"email": "{{Activity.Field(EmailAddress)}}", "at": "{{Activity.CreatedAt}}"}
    order = {
        "fields": fields,
        "filter": "'{{Activity.Type}}' = 'Bounceback'",
        "areSystemTimestampsInUTC": True,
    }
    with serve(ROWS) as sandbox, login(sandbox) as client:
        early = exported(client, "activities", **order)
        sandbox.advance(72 * 3600)
        late = exported(client, "activities", **order)
    assert [record["at"] for record in early] == ["2026-11-02 09:05:00.000"]
    assert [record["at"] for record in late] == [
        "2026-11-02 09:05:00.000",
        "2026-11-18 09:35:00.000",
    ]
    assert {record["email"] for record in late} == {"lead5@acme.example"}


def test_lists_of_assets_have_depths_pages_and_a_search(eloqua: httpx.Client) -> None:
    path = "/API/REST/2.0/assets/emails"
    minimal = get(eloqua, path, includeArchived="true")["elements"]
    assert {"subject", "updatedAt"} <= set(minimal[0])
    assert not {"senderName", "archived"} & set(minimal[0])
    ids = ["401", "402", "411", "417", "422"]
    assert [record["id"] for record in minimal] == ids
    assert [record["id"] for record in get(eloqua, path)["elements"]] == ids[:-1]
    second = get(eloqua, path, includeArchived="true", count=3, page=2)
    assert ([record["id"] for record in second["elements"]], second["total"]) == (ids[3:], 5)
    recent = get(eloqua, path, search="updatedAt>='2026-11-15 00:00:00'")["elements"]
    assert [record["id"] for record in recent] == ["402"]
    assert eloqua.get(path, params={"search": "updatedAt>soon"}).status_code == 400
    assert eloqua.get(path, params={"depth": "deep"}).status_code == 400


def test_limits_and_failures_have_their_statuses(sandbox: Sandbox, eloqua: httpx.Client) -> None:
    statuses = {"rate_limit": 429, "quota_exhausted": 413, "server_error": 500, "down": 503,
                "token_expiry": 401}  # fmt: skip
    for kind, status in statuses.items():
        sandbox.fault("eloqua", kind)
        answer = eloqua.get(f"{BULK}/contacts/fields")
        sandbox.clear_faults()
        assert (answer.status_code, "retry-after" in answer.headers) == (status, False)
    assert eloqua.get(f"{BULK}/nothing").status_code == 404
