"""The sandbox answers as Microsoft Graph does: its schema, recorded answers, deltas, batches."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
import pytest

from ingestion.sandbox.vendors.microsoft_graph import credentials, records
from tests.contracts.api_specs import SPECS, fixture, unlike
from tests.contracts.sandbox_server import Rows, Sandbox, activity, at, contact, serve, user

SF, NA = "salesforce", "North America"
GRAPH = "microsoft_graph"
READ = "microsoft/test/read/"
# Of a person Graph tells these only when they are asked for.
NOT_BY_DEFAULT = (
    "assignedLicenses assignedPlans birthday deviceEnrollmentLimit hireDate otherMails"
    " provisionedPlans"
)
TYPES = {"Edm.Boolean": bool, "Edm.Int32": int}
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}
NEW = at("2026-11-18 10:50")
NOVEMBER = {"startDateTime": "2026-11-01T00:00:00Z", "endDateTime": "2026-12-01T00:00:00Z"}


def mail(number: int, when: str, **values: Any) -> dict[str, Any]:
    """An e-mail that its representative logged ten minutes later."""
    logged = at(when) + timedelta(minutes=10)
    made = {"version_at": logged, "created_at": logged, "contact_n": 1, "occurred_at": at(when)}
    return activity(number, SF, "email", when, **{**made, **values})


def meeting(number: int, when: str, **values: Any) -> dict[str, Any]:
    """A meeting booked two days ahead."""
    booked = at(when) - timedelta(days=2)
    made = {"version_at": booked, "created_at": booked, "occurred_at": at(when), "contact_n": 1}
    return activity(
        number,
        SF,
        "meeting",
        when,
        **{**made, "duration_seconds": 1800, "subject": "デモ", **values},
    )


# Number 6 had the manager in copy, 5 goes to a folder for customers, 41 is thrown away and purged.
# Of the meetings 24 is in the manager's calendar as well, 13 is private, 22 and 28 are called off.
ROWS: Rows = {
    "users": [
        user(1, SF, region_name=NA, manager_n=2, first_name="José"),
        user(2, SF, region_name=NA, role="Manager"),
        user(3, "hubspot"),
        user(4, SF),
    ],
    "contacts": [contact(1, SF, "2026-01-02", first_name="翔", last_name="渡辺")],
    "activities": [
        mail(1, "2026-11-10 09:00"),
        mail(3, "2026-11-11 09:00", direction="inbound", subject="Re: お見積りの件"),
        mail(5, "2026-11-18 09:58", direction="inbound"),
        mail(6, "2026-11-12 09:00"),
        mail(41, "2026-10-17 09:30"),
        mail(7, "2026-11-13 09:00", owner_n=3),
        mail(8, "2026-11-13 09:00", owner_n=4),
        meeting(11, "2026-11-16 09:00"),
        meeting(13, "2026-11-17 09:00"),
        meeting(22, "2026-11-19 09:00"),
        meeting(22, "2026-11-19 09:00", version_at=at("2026-11-18 10:40"), is_deleted=True),
        meeting(24, "2026-11-20 09:00", owner_n=1),
        meeting(28, "2026-11-19 12:00"),
        meeting(28, "2026-11-19 12:00", version_at=at("2026-11-18 10:45"), is_deleted=True),
        meeting(40, "2026-11-20 15:00", version_at=NEW, created_at=NEW),
    ],
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(ROWS) as running:
        yield running


@pytest.fixture(scope="module")
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with graph(sandbox) as client:
        yield client


def graph(sandbox: Sandbox, **changed: str) -> httpx.Client:
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.CLIENT_ID,
        "client_secret": credentials.CLIENT_SECRET,
        "scope": "https://graph.microsoft.com/.default",
        **changed,
    }
    login = f"/{GRAPH}/{credentials.TENANT_ID}/oauth2/v2.0/token"
    token = sandbox.admin.post(login, data=form).raise_for_status().json()["access_token"]
    return httpx.Client(
        base_url=f"{sandbox.base_url}/{GRAPH}/v1.0",
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    )


@cache
def declared(name: str) -> dict[str, tuple[str, bool]]:
    """A type's properties in Graph's schema, those of its base among them: their type, and whether
    they must be there."""
    path = SPECS / "msgraph" / "v1.0-Prod.csdl"
    if not path.is_file():
        pytest.skip(f"no {path}")
    found: dict[str, tuple[str, bool]] = {}
    types = {
        each.get("Name"): each
        for each in _schema(str(path))
        if each.tag.endswith(("EntityType", "ComplexType"))
    }
    while name:
        for each in types[name]:
            if each.tag.endswith("}Property"):
                must = each.get("Nullable") == "false"
                found[str(each.get("Name"))] = (str(each.get("Type")), must)
        name = (types[name].get("BaseType") or "").removeprefix("graph.")
    return found


@cache
def _schema(path: str) -> ET.Element:
    root = ET.parse(path).getroot()
    schemas = [each for each in root.iter() if each.tag.endswith("}Schema")]
    return next(each for each in schemas if each.get("Namespace") == "microsoft.graph")


def contradictions(record: dict[str, Any], name: str, may_miss: str = "") -> list[str]:
    """Where a record is not what the schema says: unknown names, other types, missing values."""
    known = declared(name)
    told = {field: value for field, value in record.items() if not field.startswith("@")}
    found = [f"{field}: unknown" for field in told if field not in known]
    for field, (kind, must) in known.items():
        value = told.get(field)
        if value is None:
            found += [f"{field}: missing"] if must and field not in may_miss.split() else []
            continue
        wanted = list if kind.startswith("Collection") else TYPES.get(kind, (str, dict))
        if not isinstance(value, wanted) or (kind.startswith("Edm.") and isinstance(value, dict)):
            found.append(f"{field}: {value!r} is no {kind}")
    return found


def user_ids(http: httpx.Client) -> dict[str, str]:
    """Ids by the part of the address before the @."""
    users = http.get("/users").json()["value"]
    return {each["mail"].split("@")[0].lower(): each["id"] for each in users}


def rep(http: httpx.Client) -> str:
    return f"/users/{user_ids(http)['user1']}"


def delta(http: httpx.Client, url: str, **params: Any) -> tuple[list[dict[str, Any]], str]:
    """The records of a whole round, and the link for the next one."""
    found: list[dict[str, Any]] = []
    page = http.get(url, params=params or None, headers=IMMUTABLE).raise_for_status().json()
    while True:
        found += page["value"]
        if "@odata.nextLink" not in page:
            return found, page["@odata.deltaLink"]
        page = http.get(page["@odata.nextLink"], headers=IMMUTABLE).json()


def test_records_are_as_the_schema_says(http: httpx.Client) -> None:
    mine = rep(http)
    users = http.get("/users").json()["value"]
    assert [contradictions(each, "user", NOT_BY_DEFAULT) for each in users] == [[]] * 3
    folders = http.get(f"{mine}/mailFolders").json()["value"]
    for folder in folders:
        folder.pop("sizeInBytes")  # told by Graph, not declared
        assert contradictions(folder, "mailFolder") == []
    messages, _ = delta(http, f"{mine}/mailFolders/inbox/messages/delta")
    assert messages
    for each in messages:
        assert contradictions(each, "message") == []
        assert contradictions(each["from"]["emailAddress"], "emailAddress") == []
    events, _ = delta(http, f"{mine}/calendarView/delta", **NOVEMBER)
    assert events
    for each in events:
        assert contradictions(each, "event", "cancelledOccurrences") == []
        assert contradictions(each["start"], "dateTimeTimeZone") == []
        for guest in each["attendees"]:
            guest.pop("type"), guest.pop("emailAddress")
            assert contradictions(guest, "attendee") == []


def test_answers_are_like_recorded_ones(sandbox: Sandbox, http: httpx.Client) -> None:
    recorded = fixture(f"{READ}users/2-second-page.json")
    assert unlike(http.get("/users").json(), recorded) == []
    assert unlike(http.get("/users").json()["value"][0], recorded["value"][0]) == []
    mine = rep(http)
    messages, _ = delta(http, f"{mine}/mailFolders/inbox/messages/delta")
    for each in fixture(f"{READ}messages/list.json")["value"]:
        assert unlike(messages[0], each) == []
    events, _ = delta(http, f"{mine}/calendarView/delta", **NOVEMBER)
    assert unlike(events[0], fixture(f"{READ}events/list.json")["value"][0]) == []
    unknown = http.get("/user")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "BadRequest")
    assert unlike(unknown.json()["error"], fixture(f"{READ}unknown-resource.json")["error"]) == []
    nobody = http.get("/users/8ee4c8fb-72eb-4228-a6da-72734c6f933f/mailFolders")
    absent = fixture("microsoft/test/delete-not-found.json")["error"]
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (404, absent["code"])
    asked = [{"id": "one", "method": "GET", "url": f"{mine}/messages/{messages[0]['id']}",
              "headers": IMMUTABLE}]  # fmt: skip
    batch = http.post("/$batch", json={"requests": asked}).json()
    answer = fixture(f"{READ}messages/batch-by-ids.json")["responses"][0]
    assert unlike(batch["responses"][0], answer) == []
    body = {name: value for name, value in answer["body"].items() if name != "@odata.context"}
    assert unlike(batch["responses"][0]["body"], body) == []


def test_select_leaves_out_what_is_not_asked_for(http: httpx.Client) -> None:
    mine = rep(http)
    url = f"{mine}/mailFolders/sentitems/messages/delta"
    messages, link = delta(http, url, **{"$select": "subject,from"})
    assert {name for each in messages for name in each} == {"@odata.etag", "id", "subject", "from"}
    assert delta(http, link)[0] == []
    refused = http.get(f"{mine}/calendarView/delta", params={**NOVEMBER, "$select": "subject"})
    assert refused.status_code == 400
    assert http.get(f"{mine}/calendarView/delta").status_code == 400
    long = {**NOVEMBER, "endDateTime": "2032-12-01T00:00:00Z"}
    assert http.get(f"{mine}/calendarView/delta", params=long).status_code == 400


def test_moved_message_keeps_its_immutable_id_and_leaves_its_folder() -> None:
    with serve(ROWS) as own, graph(own) as http:
        mine = rep(http)
        inbox = f"{mine}/mailFolders/inbox/messages/delta"
        before, link = delta(http, inbox)
        new = next(each for each in before if not each["isRead"])
        plain = http.get(inbox).json()["value"]
        assert new["id"] not in [each["id"] for each in plain]
        assert new["id"].startswith("AAkALgAA")
        own.advance(9 * 3600)
        with graph(own) as later:
            changed, _ = delta(later, link)
            removed = [each for each in changed if "@removed" in each]
            assert removed == [{"id": new["id"], "@removed": {"reason": "changed"}}]
            now = later.get(f"{mine}/messages/{new['id']}", headers=IMMUTABLE).json()
            children = later.get(f"{mine}/mailFolders/inbox/childFolders").json()["value"]
            assert [each["id"] for each in children] == [now["parentFolderId"]]
            there, _ = delta(later, f"{mine}/mailFolders/{children[0]['id']}/messages/delta")
            assert [each["id"] for each in there] == [new["id"]]


def test_called_off_meeting_is_removed_for_its_organizer_and_shows_so_to_guests() -> None:
    with serve(ROWS) as own, graph(own) as http:
        ids = user_ids(http)
        links = {
            name: delta(http, f"/users/{ids[name]}/calendarView/delta", **NOVEMBER)[1]
            for name in ("user1", "user2")
        }
        own.advance(3_000)
        mine, _ = delta(http, links["user1"])
        assert [each["@removed"] for each in mine if "@removed" in each] == [
            {"reason": "deleted"}
        ] * 2
        guest, _ = delta(http, links["user2"])
        assert [each["isCancelled"] for each in guest] == [True, False]
        assert [each["isOrganizer"] for each in guest] == [False, False]


def test_series_shows_with_master_and_bare_occurrences(http: httpx.Client) -> None:
    boss = f"/users/{user_ids(http)['user2']}"
    half_year = {"startDateTime": "2026-07-01T00:00:00Z", "endDateTime": "2027-01-01T00:00:00Z"}
    events, _ = delta(http, f"{boss}/calendarView/delta", **half_year)
    times = [each for each in events if each.get("seriesMasterId")]
    bare = [each for each in times if each["type"] == "occurrence"]
    # Of 26 weeks one is deleted and one moved.
    assert (len(times), len(bare)) == (25, 24)
    assert set(bare[0]) == {
        "@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end",
    }  # fmt: skip
    master = next(each for each in events if each["type"] == "seriesMaster")
    instances = http.get(
        f"{boss}/events/{master['id']}/instances",
        params={**half_year, "$top": "100", "$select": "subject,start"},
    ).json()["value"]
    assert {each["id"] for each in instances} == {each["id"] for each in times}
    assert {each["subject"] for each in instances} == {"Pipeline review"}


def test_small_pages_bring_the_same(http: httpx.Client) -> None:
    boss = f"/users/{user_ids(http)['user2']}"
    whole, _ = delta(http, f"{boss}/calendarView/delta", **NOVEMBER)
    page = http.get(
        f"{boss}/calendarView/delta", params=NOVEMBER, headers={"Prefer": "odata.maxpagesize=2"}
    ).json()
    seen = page["value"]
    while "@odata.nextLink" in page:
        page = http.get(page["@odata.nextLink"], headers={"Prefer": "odata.maxpagesize=2"}).json()
        seen += page["value"]
    assert seen == whole
    assert len(whole) > 4


def test_batch_answers_twenty_and_four_of_a_mailbox(http: httpx.Client) -> None:
    mine = rep(http)
    asked = [{"id": str(n), "method": "GET", "url": f"{mine}/mailFolders/inbox"} for n in range(5)]
    answers = http.post("/$batch", json={"requests": asked}).json()["responses"]
    statuses = {each["id"]: each["status"] for each in answers}
    assert statuses == {"0": 200, "1": 200, "2": 200, "3": 200, "4": 429}
    assert next(each["headers"] for each in answers if each["id"] == "4") == {"Retry-After": "1"}
    assert http.post("/$batch", json={"requests": asked * 5}).status_code == 400


def test_delta_link_is_over_after_thirty_days() -> None:
    with serve(ROWS) as own:
        with graph(own) as http:
            _, link = delta(http, f"{rep(http)}/mailFolders/inbox/messages/delta")
        own.advance(31 * 86_400)
        with graph(own) as http:
            over = http.get(link)
            assert (over.status_code, over.json()["error"]["code"]) == (410, "syncStateNotFound")
            assert http.get(link[:-8]).status_code == 400


def test_login_refuses_what_is_wrong(sandbox: Sandbox) -> None:
    for changed in ({"client_secret": "no"}, {"scope": "Mail.Read"}, {"grant_type": "password"}):
        with pytest.raises(httpx.HTTPStatusError):
            graph(sandbox, **changed)
    with graph(sandbox) as http:
        http.headers["Authorization"] = "Bearer none"
        assert http.get("/users").json()["error"]["code"] == "InvalidAuthenticationToken"


def test_texts_are_there_to_be_left_out(http: httpx.Client) -> None:
    messages, _ = delta(http, f"{rep(http)}/mailFolders/inbox/messages/delta")
    assert {each["bodyPreview"] for each in messages} == {records.SECRET_TEXT}
    events, _ = delta(http, f"{rep(http)}/calendarView/delta", **NOVEMBER)
    assert records.SECRET_TEXT in events[0]["body"]["content"]
