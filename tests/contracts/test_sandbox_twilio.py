"""The sandbox answers as Twilio does: its specification, its own client, pages, refusals."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ingestion.sandbox.vendors.twilio import credentials
from tests.contracts.api_specs import misfits, properties, spec
from tests.contracts.sandbox_server import Rows, Sandbox, activity, at, contact, lead, serve, user

ACCOUNT = f"/2010-04-01/Accounts/{credentials.ACCOUNT_SID}"
CALLS = f"{ACCOUNT}/Calls.json"
SPEC = "twilio/twilio_api_v2010.json"
SF, HS = "salesforce", "hubspot"


def call(number: int, when: str, **values: Any) -> dict[str, Any]:
    """A call that a representative logged ten minutes after it began."""
    logged = at(when) + timedelta(minutes=10)
    made = {"version_at": logged, "created_at": logged, "contact_n": 1}
    return activity(number, SF, "call", when, **{**made, "occurred_at": at(when), **values})


GONE = at("2026-11-18 11:00")
ROWS: Rows = {
    "users": [
        user(1, SF, region_name="North America", email="Ada.User1@acme.example"),
        user(2, HS),
        user(3, SF),
        user(4, HS),
        user(4, HS, version_at=GONE, is_active=False),
    ],
    "contacts": [contact(1, SF, "2026-01-01", phone="+81 555 123 4567")],
    "leads": [lead(1, HS, "2026-01-01", country="Japan")],
    "activities": [
        call(1, "2026-11-16 09:00", duration_seconds=100),
        call(2, "2026-11-16 12:00", direction="inbound"),
        call(3, "2026-11-17 09:00", outcome="Busy"),
        call(4, "2026-11-17 10:00", outcome="No Answer", contact_n=None, lead_n=1, owner_n=2),
        call(5, "2026-11-17 11:00", outcome="Left Voicemail", duration_seconds=20),
        call(5, "2026-11-17 11:00", version_at=GONE, is_deleted=True),
        call(6, "2026-11-18 09:58", duration_seconds=300),
        call(7, "2026-11-18 09:00", owner_n=3),
    ],
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(ROWS) as running:
        yield running


@pytest.fixture(scope="module")
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    login = (credentials.API_KEY_SID, credentials.API_KEY_SECRET)
    with httpx.Client(base_url=f"{sandbox.base_url}/twilio", auth=login, timeout=20) as client:
        yield client


def twilio(sandbox: Sandbox, secret: str = credentials.AUTH_TOKEN) -> Client:
    client = Client(credentials.ACCOUNT_SID, secret)
    client.api.base_url = f"{sandbox.base_url}/twilio"
    return client


def listed(http: httpx.Client, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get(CALLS, params=params).raise_for_status().json()["calls"]
    return found


def test_records_are_as_the_specification_says(http: httpx.Client) -> None:
    document = spec(SPEC)
    for path, name, resource in (
        ("Calls", "calls", "call"),
        ("IncomingPhoneNumbers", "incoming_phone_numbers", "incoming_phone_number"),
    ):
        body = http.get(f"{ACCOUNT}/{path}.json").raise_for_status().json()
        schema = document["components"]["schemas"][f"api.v2010.account.{resource}"]
        for record in body[name]:
            assert misfits(record, properties(schema, document), document) == []
        operation = document["paths"]["/2010-04-01/Accounts/{AccountSid}/" + path + ".json"]["get"]
        envelope = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert misfits(body, properties(envelope, document), document) == []


def test_own_client_reads_all_calls_newest_first(sandbox: Sandbox) -> None:
    calls = twilio(sandbox).calls.list(page_size=2)
    starts = [call.start_time for call in calls]
    assert starts == sorted(starts, reverse=True)
    legs = [(call.direction, call.status, call.duration) for call in calls]
    assert legs == [
        ("outbound-api", "in-progress", None),
        ("outbound-api", "completed", "20"),
        ("outbound-api", "no-answer", None),
        ("outbound-api", "canceled", None),
        ("outbound-api", "busy", None),
        ("outbound-dial", "completed", "90"),
        ("inbound", "completed", "90"),
        ("outbound-api", "completed", "100"),
    ]


def test_parties_are_numbers_of_the_representative_and_the_customer(sandbox: Sandbox) -> None:
    client = twilio(sandbox)
    own = {number.friendly_name: number for number in client.incoming_phone_numbers.list()}
    assert set(own) == {"Ada.User1@acme.example", "User2@acme.example", "User4@acme.example"}
    mine = own["Ada.User1@acme.example"]
    inbound = client.calls.list(to=mine.phone_number)
    assert [(each._from, each.phone_number_sid) for each in inbound] == [
        ("+815551234567", mine.sid)
    ]
    leg = client.calls.list(parent_call_sid=inbound[0].sid)[0]
    assert (leg.to, leg._from) == ("client:rep_1", "+815551234567")
    lead_call = client.calls.list(status="no-answer")[0]
    assert lead_call.to.startswith("+81555")


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"StartTime>": "2026-11-17"}, 5),
        ({"StartTime<": "2026-11-17"}, 3),
        ({"StartTime": "2026-11-16"}, 3),
        ({"StartTime>": "2026-11-17T10:30:00Z", "StartTime<": "2026-11-18T09:00:00Z"}, 1),
        ({"Status": "busy"}, 1),
        ({"EndTime>": "2026-11-17T10:30:00Z"}, 1),
    ],
)
def test_calls_by_condition(http: httpx.Client, params: dict[str, str], count: int) -> None:
    assert len(listed(http, **params)) == count


def test_pages_follow_one_another_even_if_a_record_goes(sandbox: Sandbox) -> None:
    with serve(ROWS) as own:
        login = (credentials.API_KEY_SID, credentials.API_KEY_SECRET)
        with httpx.Client(base_url=f"{own.base_url}/twilio", auth=login, timeout=20) as http:
            first = http.get(CALLS, params={"PageSize": 2}).json()
            assert (first["page"], first["start"], first["end"]) == (0, 0, 1)
            assert "PageToken=PACA" in first["next_page_uri"]
            own.advance(7200)
            second = http.get(first["next_page_uri"]).json()
            assert [call["status"] for call in second["calls"]] == ["no-answer", "canceled"]
            gone = http.get(f"{ACCOUNT}/Calls/{first['calls'][1]['sid']}.json")
            assert (gone.status_code, gone.json()["code"]) == (404, 20404)
            assert len(http.get(f"{ACCOUNT}/IncomingPhoneNumbers.json").json()[
                "incoming_phone_numbers"
            ]) == 2  # fmt: skip


def test_status_changes_and_the_price_comes_later_without_a_new_time_of_change() -> None:
    with serve(ROWS) as own:
        client = twilio(own)
        newest = client.calls.list(limit=1)[0]
        assert (newest.status, newest.end_time, newest.price) == ("in-progress", None, None)
        own.advance(7 * 60)
        ended = client.calls(newest.sid).fetch()
        assert (ended.status, ended.duration, ended.price) == ("completed", "300", None)
        own.advance(7200)
        priced = client.calls(newest.sid).fetch()
        assert (priced.price, priced.date_updated) == ("-0.37500", ended.date_updated)


def test_refusals_have_the_vendors_codes(sandbox: Sandbox, http: httpx.Client) -> None:
    with pytest.raises(TwilioRestException) as wrong:
        twilio(sandbox, secret="wrong").calls("CA1").fetch()
    assert (wrong.value.status, wrong.value.code) == (401, 20003)
    too_large = http.get(CALLS, params={"PageSize": 1001})
    assert (too_large.status_code, too_large.json()["code"]) == (400, 20007)
    bad_date = http.get(CALLS, params={"StartTime>": "soon"})
    assert (bad_date.status_code, bad_date.json()["code"]) == (400, 20001)
    other = http.get("/2010-04-01/Accounts/AC0/Calls.json")
    assert (other.status_code, other.json()["code"]) == (404, 20404)
    sandbox.fault("twilio", "rate_limit", seconds=3)
    limited = http.get(CALLS)
    assert (limited.status_code, limited.json()["code"]) == (429, 20429)
    assert limited.headers["Retry-After"] == "3"


def test_times_lie_near_those_of_the_crm(http: httpx.Client) -> None:
    started = datetime.strptime(listed(http)[-1]["start_time"], "%a, %d %b %Y %H:%M:%S %z")
    assert timedelta(0) < at("2026-11-16 09:00") - started < timedelta(seconds=15)
