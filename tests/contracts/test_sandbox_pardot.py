"""The sandbox answers as Account Engagement does: queries, page tokens, the bin, errors by code."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import yaml

from ingestion.sandbox.vendors.pardot import query
from ingestion.sandbox.vendors.pardot.objects import OBJECT_TYPES
from tests.contracts.sandbox_server import (
    Rows,
    Sandbox,
    account,
    at,
    contact,
    lead,
    opportunity,
    serve,
    user,
)
from tests.paths import SHARED_DATA

SPECIFICATION = SHARED_DATA / "api_specs" / "pardot" / "ballerina_pardot.yaml"
# Only ever written, or written for one use.
NEVER_READ = {"password"}
EMEA: dict[str, Any] = {"region_name": "EMEA"}
ROWS: Rows = {
    "users": [user(1, "salesforce")],
    "accounts": [
        account(1, "salesforce", "2026-01-01", **EMEA),
        account(2, "salesforce", "2026-01-01", region_name="North America"),
    ],
    "contacts": [contact(1, "salesforce", "2026-02-01"), contact(2, "salesforce", "2026-02-01")],
    "leads": [
        *(lead(n, "salesforce", "2026-03-01", **EMEA, lead_source="Website") for n in range(1, 8)),
        lead(7, "salesforce", "2026-10-01", **EMEA, is_deleted=True, lead_source="Website"),
        lead(8, "salesforce", "2026-10-01", region_name="North America"),
    ],
    "opportunities": [
        opportunity(1, "salesforce", "2026-02-01"),
        opportunity(1, "salesforce", "2026-11-01", is_deleted=True),
    ],
    "campaigns": [
        {"campaign_n": 1, "version_at": at("2026-01-01"), "name": "Brand", "budget": 99.6}
    ],
    "email_campaigns": [
        {"email_campaign_n": 1, "name": "News", "subject": "Grüße", "sent_at": at("2026-07-01")}
    ],
    "email_events": [
        {
            "event_n": n, "email_campaign_n": 1, "recipient": f"LEAD{person}@acme.example",
            "type": kind, "occurred_at": at(f"2026-07-02 10:{n:02}"),
        }
        for n, (person, kind) in enumerate(
            [(1, "SENT"), (1, "DELIVERED"), (1, "OPEN"), (1, "OPEN"), (1, "CLICK"),
             (2, "SENT"), (2, "BOUNCE"), (3, "SENT"), (3, "STATUSCHANGE"), (8, "SENT")]
        )
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(ROWS) as running:
        yield running


@pytest.fixture(scope="module")
def pardot(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with sandbox.pardot() as client:
        yield client


def get(client: httpx.Client, path: str, **params: Any) -> dict[str, Any]:
    return dict(client.get(path, params=params).raise_for_status().json())


def refused(client: httpx.Client, path: str, **params: Any) -> tuple[int, int]:
    answer = client.get(path, params=params)
    assert set(answer.json()) == {"code", "message"}
    return answer.status_code, answer.json()["code"]


@pytest.mark.skipif(not SPECIFICATION.is_file(), reason="needs the shared sample data")
def test_specified_fields_and_filters_are_known(pardot: httpx.Client) -> None:
    specification = yaml.safe_load(SPECIFICATION.read_text(encoding="utf-8"))
    shared = specification["components"]["parameters"]
    checked = 0
    for path, kind in OBJECT_TYPES.items():
        described = specification["paths"].get(f"/objects/{path}")
        if described is None:
            continue
        checked += 1
        listed = described["get"]["parameters"]
        parameters = [shared[item["$ref"].rsplit("/", 1)[1]] for item in listed if "$ref" in item]
        (example,) = [item["schema"]["example"] for item in listed if item.get("name") == "fields"]
        fields = {name.strip() for name in example.split(",")} - NEVER_READ
        assert fields <= set(kind.fields), path
        values = get(pardot, path, fields=",".join(sorted(fields)))["values"]
        assert values and set(values[0]) == fields
        for parameter in parameters:
            name = parameter["name"]
            if name == "orderBy" or path == "custom-fields" or name == "name":
                continue
            example = "1" if parameter["schema"]["type"] == "integer" else "2026-01-01T00:00:00Z"
            get(pardot, path, fields="id", **{name: example})
    assert checked == 5


def test_values_have_their_types_and_times_the_users_offset(pardot: httpx.Client) -> None:
    kind = OBJECT_TYPES["prospects"]
    values = get(pardot, "prospects", fields=",".join(kind.fields), limit=1000)["values"]
    python = {"int": int, "text": str, "flag": bool, "number": float, "instant": str}
    for record in values:
        for name, value in record.items():
            assert value is None or type(value) is python[kind.fields[name]], name
    (first,) = get(pardot, "prospects", fields="createdAt,email", id=50_000_002)["values"]
    assert first["createdAt"] == "2026-03-01T00:00:00+00:00"
    (sent,) = get(pardot, "list-emails", fields="sentAt,subject")["values"]
    assert sent == {"sentAt": "2026-07-01T01:00:00+01:00", "subject": "Grüße"}


def test_people_of_the_region_are_prospects_and_the_bin_is_asked_for(pardot: httpx.Client) -> None:
    alive = get(pardot, "prospects", fields="id,isDeleted")["values"]
    binned = get(pardot, "prospects", fields="id,isDeleted", deleted="true")["values"]
    everyone = get(pardot, "prospects", fields="id", deleted="all")["values"]
    assert [record["id"] for record in alive] == [
        *range(50_000_002, 50_000_013, 2)[:1],
        50_000_003,
        50_000_004,
        50_000_005,
        *range(50_000_006, 50_000_013, 2),
    ]
    assert binned == [{"id": 50_000_014, "isDeleted": True}]
    assert len(everyone) == len(alive) + 1
    assert refused(pardot, "prospects/50000014", fields="id") == (404, 192)


def test_pages_go_by_token_and_only_fields_go_with_it(pardot: httpx.Client) -> None:
    first = get(pardot, "prospects", fields="id", limit=3, orderBy="updatedAt DESC")
    second = get(pardot, "prospects", fields="id,email", nextPageToken=first["nextPageToken"])
    assert first["nextPageUrl"].endswith(first["nextPageToken"])
    assert set(second["values"][0]) == {"id", "email"}
    token = second["nextPageToken"]
    third = get(pardot, "prospects", fields="id", nextPageToken=token)
    assert (third["nextPageToken"], third["nextPageUrl"]) == (None, None)
    ids = [r["id"] for page in (first, second, third) for r in page["values"]]
    assert len(ids) == len(set(ids)) == 8
    assert refused(pardot, "prospects", fields="id", nextPageToken=token, limit="3") == (400, 5)
    assert refused(pardot, "prospects", fields="id", nextPageToken="nonsense") == (400, 211)
    assert refused(pardot, "visitors", fields="id", nextPageToken=token) == (400, 211)


def test_token_lives_four_hours() -> None:
    with serve(ROWS) as sandbox, sandbox.pardot() as client:
        token = get(client, "prospects", fields="id", limit=1)["nextPageToken"]
        sandbox.advance(4 * 3600 + 1)
        with sandbox.pardot() as later:
            assert refused(later, "prospects", fields="id", nextPageToken=token) == (400, 210)


def test_chain_of_pages_has_a_ceiling(
    pardot: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "SEQUENCE_ROWS", 4)
    first = get(pardot, "prospects", fields="id", limit=2)
    answer = pardot.get(
        "prospects", params={"fields": "id", "nextPageToken": first["nextPageToken"]}
    )
    assert answer.json()["nextPageToken"] is None
    assert answer.headers["Pardot-Warning"].startswith("203;")


def test_bad_questions_are_refused_with_the_vendors_codes(pardot: httpx.Client) -> None:
    assert refused(pardot, "prospects") == (400, 13)
    assert refused(pardot, "prospects", fields="id,nope") == (400, 180)
    assert refused(pardot, "prospects", fields="id", limit="1001") == (400, 23)
    assert refused(pardot, "prospects", fields="id", updatedAtAfter="soon") == (400, 7)
    assert refused(pardot, "prospects", fields="id", nopeAfter="1") == (400, 5)
    assert refused(pardot, "forms", fields="id", orderBy="updatedAt") == (400, 19)
    assert refused(pardot, "nothing", fields="id") == (404, 198)


def test_token_and_business_unit_are_needed(pardot: httpx.Client) -> None:
    def status(**headers: str) -> tuple[int, int]:
        answer = pardot.get("prospects", params={"fields": "id"}, headers=headers)
        return answer.status_code, answer.json()["code"]

    assert status(Authorization="Bearer wrong") == (401, 184)
    assert status(**{"Pardot-Business-Unit-Id": "0Uv000000000000AAA"}) == (400, 201)


def test_more_than_five_calls_at_once_are_refused_with_status_200(
    sandbox: Sandbox, pardot: httpx.Client
) -> None:
    sandbox.fault("pardot", "slow_page", times=0)
    with ThreadPoolExecutor(40) as pool:
        answers = list(
            pool.map(
                lambda n: pardot.get("visitor-activities", params={"fields": "id"}), range(200)
            )
        )
    sandbox.clear_faults()
    codes = [answer.json().get("code") for answer in answers]
    assert {answer.status_code for answer in answers} == {200}
    assert set(codes) <= {None, 66}
    assert codes.count(None) > 0


def test_usage_is_told_to_those_who_ask(pardot: httpx.Client) -> None:
    asked = pardot.get(
        "forms", params={"fields": "id"}, headers={"X-Return-Api-Usage": "1"}
    ).headers["x-api-usage"]
    used, most = asked.split("/")
    assert 0 < int(used) < int(most)
    assert "x-api-usage" not in pardot.get("forms", params={"fields": "id"}).headers


def test_figures_of_a_list_email_follow_its_events(pardot: httpx.Client) -> None:
    stats = get(pardot, "list-emails/700001/stats")
    told = {name: stats[name] for name in ("sent", "delivered", "opens", "uniqueOpens", "optOuts")}
    assert told == {"sent": 3, "delivered": 2, "opens": 2, "uniqueOpens": 1, "optOuts": 1}
    assert (stats["totalClicks"], stats["hardBounced"]) == (1, 1)
    assert refused(pardot, "list-emails/5/stats") == (404, 192)


def test_activities_tell_what_happened_and_scores_follow(pardot: httpx.Client) -> None:
    activities = get(
        pardot, "visitor-activities", fields="type,prospectId,formId,listEmailId", limit=1000
    )["values"]
    first = [record["type"] for record in activities if record["prospectId"] == 50_000_002]
    assert sorted(kind for kind in first if kind != 2) == [1, 4, 6, 11, 11]
    assert sum(kind == 2 for kind in first) >= 2
    (prospect,) = get(pardot, "prospects", fields="score,optedOut", id=50_000_002)["values"]
    assert prospect["score"] == 50 + 2 * 1 + 3 + sum(kind == 2 for kind in first)
    (left,) = get(pardot, "prospects", fields="optedOut", id=50_000_006)["values"]
    assert left["optedOut"] is True
    deals = get(pardot, "opportunities", fields="id,value,probability,isDeleted", deleted="all")
    assert deals["values"] == [
        {"id": 6_000_001, "value": 1000.0, "probability": 10, "isDeleted": True}
    ]
