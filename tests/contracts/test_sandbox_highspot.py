"""The sandbox answers as Highspot's clients expect: login, offsets, spots and items, reports."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ingestion.sandbox.vendors.highspot import credentials
from tests.contracts.enablement_company import ROWS
from tests.contracts.sandbox_server import Sandbox, serve

LOGIN = (credentials.API_KEY, credentials.API_SECRET)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(ROWS) as running:
        yield running


@pytest.fixture(scope="module")
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with highspot(sandbox) as client:
        yield client


def highspot(sandbox: Sandbox) -> httpx.Client:
    return httpx.Client(base_url=f"{sandbox.base_url}/highspot/v1.0", auth=LOGIN, timeout=20)


def collection(http: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = http.get(path, params={"limit": 100, **params}).raise_for_status().json()
    assert answer["counts_total"] == len(answer["collection"])
    found: list[dict[str, Any]] = answer["collection"]
    return found


def report(http: httpx.Client, item_id: str) -> list[dict[str, str]]:
    answer = http.get(f"/items/{item_id}/content", params={"format": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_calls_need_key_and_secret(sandbox: Sandbox, http: httpx.Client) -> None:
    assert http.get("/me").status_code == 200
    for login in (None, ("x", "y"), (credentials.API_KEY, "wrong")):
        answer = sandbox.admin.get("/highspot/v1.0/spots", auth=login)
        assert (answer.status_code, answer.json()["message"]) == (
            401, "Could not authenticate user.",
        )  # fmt: skip


def test_lists_come_by_offset(http: httpx.Client) -> None:
    spots = collection(http, "/spots", right="view")
    assert {"Presentations", "Collateral", "Analytics"} <= {spot["title"] for spot in spots}
    first = http.get("/spots", params={"start": 0, "limit": 2}).json()
    second = http.get("/spots", params={"start": 2, "limit": 2}).json()
    assert [*first["collection"], *second["collection"]] == spots[:4]
    assert first["counts_total"] == len(spots)
    assert len(http.get("/items", params={"spot": spots[0]["id"], "limit": 1}).json()) > 1
    assert http.get("/spots", params={"start": "x"}).status_code == 400
    assert http.get("/items", params={"spot": "none"}).status_code == 404


def test_items_are_in_their_spots(http: httpx.Client) -> None:
    titles = []
    for spot in collection(http, "/spots", right="view"):
        for item in collection(http, "/items", spot=spot["id"]):
            assert http.get(f"/items/{item['id']}").json() == item
            titles.append(item["title"])
    # Asset 11, the overview deck of the first product, was withdrawn for good.
    assert "Meridia Core Overview Deck" not in titles
    assert len(titles) == 2 * 8 - 1 + len(("Pitches", "Views"))
    assert "Meridia Growth 成長 Case Study" in titles


def test_people_are_listed_by_their_state() -> None:
    with serve(ROWS) as own, highspot(own) as http:
        own.advance(3 * 3600)
        assert [person["name"] for person in collection(http, "/users", list="all")] == [
            "Zoë User4", "Ada User5",
        ]  # fmt: skip
        assert len(collection(http, "/users")) == 1
        assert http.get("/users", params={"list": "none"}).status_code == 400


def test_reports_belong_together_and_to_the_crm(http: httpx.Client) -> None:
    pitches = report(http, credentials.PITCHES_REPORT)
    by_id = {row["Pitch ID"]: row for row in pitches}
    for row in pitches:
        # HubSpot's deals have numbers; Highspot is not connected to Pipedrive.
        assert row["Opportunity ID"].isdigit() == (row["CRM"] == "HubSpot")
        assert row["Sender Email"] in ("User4@acme.example", "User5@acme.example")
    assert {row["CRM"] for row in pitches} == {"HubSpot", ""}
    views = report(http, credentials.VIEWS_REPORT)
    kinds = {row["Viewer Type"] for row in views}
    assert kinds == {"External", "Internal"}
    for row in views:
        if row["Viewer Type"] == "External":
            assert row["Viewed At (UTC)"] > by_id[row["Pitch ID"]]["Sent At (UTC)"]
            assert row["Item ID"] == by_id[row["Pitch ID"]]["Item ID"]
        else:
            assert row["Pitch ID"] == ""


def test_reports_are_csv_and_reports_only(http: httpx.Client) -> None:
    assert http.get(f"/items/{credentials.VIEWS_REPORT}/content").status_code == 400
    other = http.get("/items/none/content", params={"format": "text/csv"})
    assert (other.status_code, other.json()) == (404, {"message": "Item not found."})


def test_refusal_tells_no_wait(sandbox: Sandbox, http: httpx.Client) -> None:
    sandbox.fault("highspot", "rate_limit", seconds=7)
    answer = http.get("/me")
    assert answer.status_code == 429
    assert "Retry-After" not in answer.headers
