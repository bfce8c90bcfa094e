"""The sandbox answers as Zoom does: its specification, an independent client, UUIDs, spans."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from zoomus import ZoomClient

from ingestion.sandbox.vendors.zoom import credentials
from tests.contracts.api_specs import fixture, misfits, properties, resolved, spec, unlike
from tests.contracts.sandbox_server import (
    NOW,
    Rows,
    Sandbox,
    activity,
    at,
    contact,
    lead,
    serve,
    user,
)

SF, HS = "salesforce", "hubspot"
SPEC = "zoom/openapi.v2.json"
MEETINGS = "/report/users/{}/meetings"


def meeting(number: int, when: str, **values: Any) -> list[dict[str, Any]]:
    """A meeting booked a day ahead and held for half an hour."""
    began = at(when)
    booked = {
        "created_at": began - timedelta(days=1), "version_at": began - timedelta(days=1),
        "occurred_at": began, "duration_seconds": 1800, "is_completed": False, "outcome": None,
        "contact_n": 1, "subject": "Démo produit", **values,
    }  # fmt: skip
    done = {"version_at": began + timedelta(minutes=30), "is_completed": True}
    rows = (booked, {**booked, **done, "outcome": "Completed"})
    return [activity(number, SF, "meeting", when, **row) for row in rows]


# Where the UUIDs of meetings have slashes: nowhere, at the start, one within, two in a row.
PLAIN, SLASHED, INNER, DOUBLED = 2, 5, 3, 8
ROWS: Rows = {
    "users": [
        user(1, SF, first_name="翔", last_name="渡辺", manager_n=2, team_name="Japan & Korea"),
        user(2, SF, role="Manager"),
        user(3, HS),
        user(3, HS, version_at=at("2026-11-18 11:00"), is_active=False),
    ],
    "contacts": [contact(1, SF, "2026-01-02", first_name="Zoë")],
    "leads": [lead(1, HS, "2026-01-02")],
    "activities": [
        *meeting(PLAIN, "2026-11-16 09:00"),
        *meeting(SLASHED, "2026-11-16 11:00"),
        *meeting(INNER, "2026-11-17 09:00"),
        *meeting(DOUBLED, "2026-11-17 10:00"),
        *meeting(9, "2026-11-17 11:00", contact_n=None, lead_n=1, owner_n=3),
        *meeting(10, "2026-11-17 13:00", contact_n=None),
        *meeting(11, "2026-11-18 09:20"),
        *meeting(12, "2026-06-30 09:00"),
        *meeting(13, "2026-04-30 09:00"),
        *meeting(14, "2025-11-10 09:00"),
        *meeting(15, "2026-11-18 14:00"),
    ],
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(ROWS) as running:
        yield running


@pytest.fixture(scope="module")
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with zoom(sandbox) as client:
        yield client


def zoom(sandbox: Sandbox) -> httpx.Client:
    form = {"grant_type": "account_credentials", "account_id": credentials.ACCOUNT_ID}
    login = (credentials.CLIENT_ID, credentials.CLIENT_SECRET)
    answer = sandbox.admin.post("/zoom/oauth/token", data=form, auth=login)
    token = answer.raise_for_status().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{sandbox.base_url}/zoom/v2", headers=headers, timeout=20)


def independent(sandbox: Sandbox) -> ZoomClient:
    return ZoomClient(
        credentials.CLIENT_ID,
        credentials.CLIENT_SECRET,
        credentials.ACCOUNT_ID,
        base_uri=f"{sandbox.base_url}/zoom/v2",
        oauth_uri=f"{sandbox.base_url}/zoom/oauth/token",
    )


def host(http: httpx.Client, email: str = "user1@acme.example") -> str:
    found: str = http.get(f"/users/{email}").raise_for_status().json()["id"]
    return found


def november(http: httpx.Client, user_id: str, **more: Any) -> dict[str, Any]:
    params = {"from": "2026-11-01", "to": "2026-11-30", **more}
    found: dict[str, Any] = http.get(MEETINGS.format(user_id), params=params).json()
    return found


def test_records_are_as_the_specification_says(http: httpx.Client) -> None:
    document = spec(SPEC)
    mine = host(http)
    uuid = quote(november(http, mine)["meetings"][0]["uuid"], safe="")
    for path, asked, name in (
        ("/users", "/users", "users"),
        (
            "/report/users/{userId}/meetings",
            f"{MEETINGS.format(mine)}?from=2026-11-01&to=2026-11-30",
            "meetings",
        ),
        (
            "/report/meetings/{meetingId}/participants",
            f"/report/meetings/{uuid}/participants",
            "participants",
        ),
        (
            "/past_meetings/{meetingUUID}/participants",
            f"/past_meetings/{uuid}/participants",
            "participants",
        ),
    ):
        schema = document["paths"][path]["get"]["responses"]["200"]["schema"]
        told = properties(schema, document)
        records = properties(resolved(told.pop(name), document)["items"], document)
        records.pop("pmi", None)  # text in the specification, a number in recorded answers
        body = http.get(asked).raise_for_status().json()
        assert misfits(body, told, document) == []
        assert body[name]
        for record in body[name]:
            assert misfits(record, records, document) == []


def test_users_are_like_recorded_ones(http: httpx.Client) -> None:
    recorded = fixture("zoom/test/read-users-first-page.json")
    body = http.get("/users").json()
    assert unlike(body, recorded) == []
    for record in body["users"]:
        assert unlike(record, recorded["users"][0]) == []
    assert body["users"][0]["display_name"] == "翔 渡辺"


def test_independent_client_reads_users_meetings_and_participants(sandbox: Sandbox) -> None:
    client = independent(sandbox)
    users = client.user.list().json()["users"]
    assert [each["email"].lower() for each in users] == [f"user{n}@acme.example" for n in (1, 2, 3)]
    span = {"start_time": datetime(2026, 11, 1), "end_time": datetime(2026, 11, 30)}
    report = client.report.get_user_report(user_id=users[0]["id"], **span).json()
    assert [each["topic"] for each in report["meetings"]] == ["Démo produit"] * 5
    for each in report["meetings"]:
        past = client.past_meeting.get(meeting_id=each["uuid"]).json()
        assert past["uuid"] == each["uuid"]
        seats = client.past_meeting.get_participants(meeting_id=each["uuid"]).json()
        names = {seat["name"] for seat in seats["participants"]}
        assert {"翔 渡辺", "Zoë Tact1"} <= names
        assert len(names) == each["participants_count"]


def test_uuid_with_slashes_must_be_encoded_twice(http: httpx.Client) -> None:
    listed = november(http, host(http))["meetings"]
    uuids = {each["id"] - 80_000_000_000: each["uuid"] for each in listed}
    assert uuids[SLASHED].startswith("/")
    assert "//" in uuids[DOUBLED]
    assert uuids[INNER].count("/") == 1

    def status(uuid: str) -> int:
        return http.get(f"/past_meetings/{uuid}/participants").status_code

    for each in (SLASHED, DOUBLED):
        once = quote(uuids[each], safe="")
        assert (status(once), status(quote(once, safe=""))) == (404, 200)
    assert [status(quote(uuids[each], safe="")) for each in (INNER, PLAIN)] == [200, 200]


def test_meeting_shows_some_minutes_after_its_end_and_only_with_company(
    http: httpx.Client,
) -> None:
    shown = november(http, host(http))["meetings"]
    assert [each["id"] - 80_000_000_000 for each in shown] == [PLAIN, SLASHED, INNER, DOUBLED, 11]
    for each in shown:
        assert each["participants_count"] > 1
        assert datetime.fromisoformat(each["end_time"]) < NOW
    alone = http.get(f"/users/{host(http)}/meetings", params={"type": "previous_meetings"}).json()
    assert 80_000_000_010 in [each["id"] for each in alone["meetings"]]
    began = datetime.fromisoformat(shown[0]["start_time"])
    assert timedelta(0) < abs(began - at("2026-11-16 09:00")) < timedelta(minutes=3)


def test_participants_come_and_go(http: httpx.Client) -> None:
    guest_of_lead = november(http, host(http, "user3@acme.example"))["meetings"][0]
    uuid = quote(quote(guest_of_lead["uuid"], safe=""), safe="")
    seats = http.get(f"/past_meetings/{uuid}/participants").json()["participants"]
    assert [seat["name"] for seat in seats] == ["Ada User3", "Lee Lead1", "Lee Lead1"]
    assert seats[1]["leave_time"] < seats[2]["join_time"]
    assert seats[0]["user_email"] == "User3@acme.example"


@pytest.mark.parametrize(
    ("span", "status"),
    [
        (("2026-11-01", "2026-11-30"), 200),
        (("2026-10-01", "2026-11-30"), 400),
        (("2026-04-20", "2026-05-10"), 400),
        (("2026-11-30", "2026-11-01"), 400),
        (("soon", "2026-11-01"), 400),
    ],
)
def test_reports_span_a_month_within_half_a_year(
    http: httpx.Client, span: tuple[str, str], status: int
) -> None:
    params = {"from": span[0], "to": span[1]}
    answer = http.get(MEETINGS.format(host(http)), params=params)
    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == 300


def test_page_token_ends_after_a_quarter_of_an_hour() -> None:
    with serve(ROWS) as own, zoom(own) as http:
        mine = host(http)
        first = november(http, mine, page_size=3)
        assert (len(first["meetings"]), first["total_records"], first["page_count"]) == (3, 5, 2)
        token = first["next_page_token"]
        second = november(http, mine, page_size=3, next_page_token=token)
        assert (len(second["meetings"]), second["next_page_token"]) == (2, "")
        other = host(http, "user3@acme.example")
        assert november(http, other, page_size=3, next_page_token=token)["code"] == 300
        own.advance(16 * 60)
        assert november(http, mine, page_size=3, next_page_token=token)["code"] == 300


def test_people_who_left_are_inactive() -> None:
    with serve(ROWS) as own, zoom(own) as http:
        own.advance(3_000)
        gone = at("2026-11-18 11:00") - NOW
        own.advance(gone.total_seconds() - 3_000)
        # The token's hour is over as well.
        assert http.get("/users").json() == {"code": 124, "message": "Invalid access token."}
        with zoom(own) as later:
            left = later.get("/users", params={"status": "inactive"}).json()["users"]
        assert [each["email"] for each in left] == ["User3@acme.example"]


def test_refusals_have_the_vendors_codes(sandbox: Sandbox, http: httpx.Client) -> None:
    wrong = sandbox.admin.post("/zoom/oauth/token", auth=("x", "y"))
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_client")
    unknown = http.get("/users/nobody")
    assert (unknown.status_code, unknown.json()["code"]) == (404, 1001)
    assert http.get("/past_meetings/none").json()["code"] == 3001
    assert http.get("/users").headers["X-RateLimit-Category"] == "Medium"
    sandbox.fault("zoom", "quota_exhausted")
    used_up = http.get("/users")
    assert used_up.status_code == 429
    assert datetime.fromisoformat(used_up.headers["Retry-After"]) > NOW


def test_meeting_of_more_than_a_year_ago_is_out_of_reach(http: httpx.Client) -> None:
    before = http.get(f"/users/{host(http)}/meetings", params={"type": "previous_meetings"}).json()
    oldest = before["meetings"][0]["uuid"]
    answer = http.get(f"/past_meetings/{quote(quote(oldest, safe=''), safe='')}/participants")
    assert (answer.status_code, answer.json()["code"]) == (400, 12702)
