"""The sandbox answers as Salesforce does: login, SOQL, paging, deletes, merges, Bulk 2.0."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from simple_salesforce import Salesforce, SalesforceMalformedRequest

from ingestion.sandbox.vendors.salesforce import credentials, ids
from ingestion.sandbox.vendors.salesforce.objects import OBJECTS
from tests.contracts.api_specs import fixture, unlike
from tests.contracts.sandbox_server import (
    Sandbox,
    account,
    activity,
    at,
    contact,
    lead,
    opportunity,
    serve,
    user,
)
from tests.contracts.tls import over_tls

API = "/services/data/v60.0"
CRM = "salesforce"
ROWS: dict[str, list[dict[str, Any]]] = {
    "users": [
        user(1, CRM, role="Rep", manager_n=2),
        user(2, CRM, role="Manager"),
        user(1, CRM, role="Rep", version_at=at("2026-05-01"), team_name="West"),
    ],
    "accounts": [
        account(1, CRM, "2026-01-01", owner_n=2),
        account(1, CRM, "2026-06-01", name="O'Neil 株式会社", owner_n=2),
        account(2, CRM, "2026-01-02"),
        account(2, CRM, "2026-07-01", is_deleted=True, merged_into_n=1),
        account(3, CRM, "2026-01-03"),
        account(3, CRM, "2026-08-01", is_deleted=True),
        account(4, CRM, "2026-11-18 09:59:59", industry=None),
        account(5, CRM, "2026-11-18 10:00:01"),
        account(6, "hubspot", "2026-01-01"),
    ],
    "contacts": [
        contact(1, CRM, "2026-02-01"),
        contact(7, CRM, "2026-04-02", account_n=1),
        contact(8, CRM, "2026-02-15"),
        contact(8, CRM, "2026-10-01", is_deleted=True, merged_into_n=7),
    ],
    "leads": [
        lead(1, CRM, "2026-03-01", campaign_n=1),
        lead(
            1, CRM, "2026-04-02", status="Converted", is_converted=True,
            converted_at=at("2026-04-02"), converted_account_n=1, converted_contact_n=7,
            converted_opportunity_n=2, campaign_n=1,
        ),
    ],
    "opportunities": [
        opportunity(1, CRM, "2026-02-01"),
        opportunity(1, CRM, "2026-02-10", next_step="Call"),
        opportunity(
            1, CRM, "2026-03-01", stage="Proposal", probability=0.5, amount=1500.0,
            next_step="Call", competitor="Rival",
        ),
        opportunity(2, CRM, "2026-04-02", close_date=date(2027, 1, 31)),
    ],
    "activities": [activity(n, CRM, "call", f"2026-05-01 00:{n % 60:02}") for n in range(1, 451)]
    + [activity(900, CRM, "meeting", "2026-05-02", duration_seconds=1800, lead_n=1)],
    "products": [
        {"product_n": 1, "name": "Core", "family": "Platform", "code": "C-1", "list_price": 10.0}
    ],
    "campaigns": [
        {
            "campaign_n": 1, "version_at": at("2026-01-01"), "name": "Spring",
            "channel": "Search", "status": "Enabled", "start_date": date(2026, 1, 1),
            "budget": 50.0,
        }
    ],
    "exchange_rates": [
        {
            "currency_code": "EUR", "start_date": date(2026, 11, 1),
            "next_start_date": date(2026, 12, 1), "units_per_usd": 0.9,
        },
        {
            "currency_code": "EUR", "start_date": date(2026, 12, 1),
            "next_start_date": date(2027, 1, 1), "units_per_usd": 0.8,
        },
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(ROWS) as running:
        yield running


@pytest.fixture(scope="module")
def salesforce(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with sandbox.salesforce() as client:
        yield client


def query(client: httpx.Client, soql: str, verb: str = "query") -> list[dict[str, Any]]:
    answer = client.get(f"{API}/{verb}", params={"q": soql}).raise_for_status().json()
    assert answer["done"] is True
    assert answer["totalSize"] == len(answer["records"])
    return list(answer["records"])


def refused(client: httpx.Client, soql: str) -> str:
    answer = client.get(f"{API}/query", params={"q": soql})
    assert answer.status_code == 400
    return str(answer.json()[0]["errorCode"])


def test_login_refuses_a_wrong_secret(sandbox: Sandbox) -> None:
    answer = sandbox.admin.post(
        "/salesforce/services/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "client_id": credentials.CLIENT_ID,
            "client_secret": "wrong",
        },
    )
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_client"


def test_data_needs_a_session(sandbox: Sandbox) -> None:
    answer = sandbox.admin.get(f"/salesforce{API}/query", params={"q": "SELECT Id FROM Account"})
    assert answer.status_code == 401
    assert answer.json()[0]["errorCode"] == "INVALID_SESSION_ID"


@pytest.mark.parametrize(
    ("short", "long"),
    [("0013A00001YjHcT", "0013A00001YjHcTQAV"), ("006000000000001", "006000000000001AAA")],
)
def test_ids_carry_the_case_safe_suffix(short: str, long: str) -> None:
    assert ids.case_safe(short) == long


def test_query_gives_the_current_state_of_live_records(salesforce: httpx.Client) -> None:
    records = query(salesforce, "SELECT Id, Name, OwnerId, SystemModstamp FROM Account ORDER BY Id")
    assert [record["Name"] for record in records] == ["O'Neil 株式会社", "Account 4"]
    first = ids.record_id("001", 1)
    assert records[0] == {
        "attributes": {"type": "Account", "url": f"{API}/sobjects/Account/{first}"},
        "Id": first,
        "Name": "O'Neil 株式会社",
        "OwnerId": ids.record_id("005", 2),
        "SystemModstamp": "2026-06-01T00:00:00.000+0000",
    }


def test_query_all_shows_deleted_and_merged_records(salesforce: httpx.Client) -> None:
    soql = "SELECT Id, IsDeleted, MasterRecordId FROM Account ORDER BY Id"
    shown = [
        (record["Id"], record["IsDeleted"], record["MasterRecordId"])
        for record in query(salesforce, soql, "queryAll")
    ]
    numbers = [ids.record_id("001", number) for number in (1, 2, 3, 4)]
    assert shown == [
        (numbers[0], False, None),
        (numbers[1], True, numbers[0]),
        (numbers[2], True, None),
        (numbers[3], False, None),
    ]


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("Name = 'o\\'neil 株式会社'", ["O'Neil 株式会社"]),
        ("Name LIKE 'account%'", ["Account 4"]),
        ("SystemModstamp > 2026-06-01T00:00:00Z", ["Account 4"]),
        ("SystemModstamp >= 2026-06-01T02:00:00+02:00", ["O'Neil 株式会社", "Account 4"]),
        ("NumberOfEmployees IN (10, 11)", ["O'Neil 株式会社"]),
        ("NumberOfEmployees NOT IN (10, 11)", ["Account 4"]),
        ("Industry = null", ["Account 4"]),
        ("NOT (Industry = 'Software')", ["Account 4"]),
        ("(Industry = null OR Name = 'x') AND AnnualRevenue > 4000", ["Account 4"]),
        ("CreatedDate = THIS_YEAR", ["O'Neil 株式会社", "Account 4"]),
        ("LastModifiedDate = TODAY", ["Account 4"]),
        (f"Id = '{ids.record_id('001', 4)[:15]}'", ["Account 4"]),
        ("Name != null AND IsDeleted = false", ["O'Neil 株式会社", "Account 4"]),
    ],
)
def test_soql_filters(salesforce: httpx.Client, where: str, names: list[str]) -> None:
    records = query(salesforce, f"SELECT Name FROM Account WHERE {where} ORDER BY Id")
    assert [record["Name"] for record in records] == names


def test_count_limit_and_descending_order(salesforce: httpx.Client) -> None:
    counted = salesforce.get(f"{API}/query", params={"q": "SELECT COUNT() FROM Task"}).json()
    assert counted == {"totalSize": 450, "done": True, "records": []}
    records = query(
        salesforce, "SELECT Name FROM Account ORDER BY CreatedDate DESC, Id DESC LIMIT 1"
    )
    assert [record["Name"] for record in records] == ["Account 4"]


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Nothing__c FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        ("SELECT Id Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE SystemModstamp > '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Account; DROP TABLE x", "MALFORMED_QUERY"),
        ("SELECT Id, id FROM Account", "INVALID_FIELD"),
    ],
)
def test_refused_queries(salesforce: httpx.Client, soql: str, code: str) -> None:
    assert refused(salesforce, soql) == code


def test_pages_come_from_one_snapshot(salesforce: httpx.Client) -> None:
    answer = salesforce.get(
        f"{API}/query",
        params={"q": "SELECT Id FROM Task"},
        headers={"Sforce-Query-Options": "batchSize=200"},
    ).json()
    sizes, seen = [len(answer["records"])], {record["Id"] for record in answer["records"]}
    while not answer["done"]:
        answer = salesforce.get(answer["nextRecordsUrl"]).raise_for_status().json()
        sizes.append(len(answer["records"]))
        seen |= {record["Id"] for record in answer["records"]}
    assert sizes == [200, 200, 50]
    assert len(seen) == 450


def test_an_unknown_locator_is_refused(salesforce: httpx.Client) -> None:
    answer = salesforce.get(f"{API}/query/01gNothing-2000")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_history_has_a_row_at_creation_and_for_each_change_that_counts(
    salesforce: httpx.Client,
) -> None:
    records = query(
        salesforce,
        "SELECT StageName, Amount, Probability, CreatedDate FROM OpportunityHistory "
        f"WHERE OpportunityId = '{ids.record_id('006', 1)}' ORDER BY CreatedDate",
    )
    assert [(r["StageName"], r["Amount"], r["Probability"]) for r in records] == [
        ("Qualification", 1000.0, 10.0),
        ("Proposal", 1500.0, 50.0),
    ]


def test_converted_lead_names_what_it_became(salesforce: httpx.Client) -> None:
    [record] = query(
        salesforce,
        "SELECT IsConverted, ConvertedDate, Converted_At__c, ConvertedContactId, Campaign__c "
        "FROM Lead",
    )
    del record["attributes"]
    assert record == {
        "IsConverted": True,
        "ConvertedDate": "2026-04-02",
        "Converted_At__c": "2026-04-02T00:00:00.000+0000",
        "ConvertedContactId": ids.record_id("003", 7),
        "Campaign__c": ids.record_id("701", 1),
    }


def test_event_points_to_lead_and_account(salesforce: httpx.Client) -> None:
    [record] = query(salesforce, "SELECT WhoId, WhatId, DurationInMinutes, EndDateTime FROM Event")
    assert record["WhoId"] == ids.record_id("00Q", 1)
    assert record["WhatId"] == ids.record_id("001", 1)
    assert record["DurationInMinutes"] == 30
    assert record["EndDateTime"] == "2026-05-02T00:30:00.000+0000"


def test_exchange_rates_of_the_future_are_hidden(salesforce: httpx.Client) -> None:
    records = query(salesforce, "SELECT IsoCode, ConversionRate FROM DatedConversionRate")
    assert [record["ConversionRate"] for record in records] == [0.9]


def test_field_history_has_old_and_new_values_of_their_types(salesforce: httpx.Client) -> None:
    records = query(
        salesforce,
        "SELECT Field, DataType, OldValue, NewValue FROM OpportunityFieldHistory "
        f"WHERE OpportunityId = '{ids.record_id('006', 1)}' ORDER BY CreatedDate, Field",
    )
    shown = [tuple(record.values())[1:] for record in records]
    assert shown == [
        ("created", None, None, None),
        ("NextStep", "Text", None, "Call"),
        ("Amount", "Currency", 1000.0, 1500.0),
        ("StageName", "DynamicEnum", "Qualification", "Proposal"),
    ]
    assert refused(
        salesforce, "SELECT Id FROM OpportunityFieldHistory WHERE NewValue = 'Call'"
    ) == ("INVALID_FIELD")


def test_deal_has_a_competitor_and_people_with_their_parts(salesforce: httpx.Client) -> None:
    """The third contact, asked in at the proposal, was merged into the second one since."""
    deal = f"WHERE OpportunityId = '{ids.record_id('006', 1)}'"
    [rival] = query(
        salesforce, f"SELECT CompetitorName, CreatedDate FROM OpportunityCompetitor {deal}"
    )
    assert rival["CompetitorName"] == "Rival"
    assert rival["CreatedDate"] == "2026-03-01T00:00:00.000+0000"
    roles = query(
        salesforce,
        "SELECT ContactId, Role, IsPrimary, CreatedDate, SystemModstamp "
        f"FROM OpportunityContactRole {deal} ORDER BY CreatedDate",
    )
    assert [tuple(role.values())[1:] for role in roles] == [
        (
            ids.record_id("003", 1), "Decision Maker", True, "2026-02-01T00:00:00.000+0000",
            "2026-02-01T00:00:00.000+0000",
        ),
        (
            ids.record_id("003", 7), "Economic Buyer", False, "2026-03-01T00:00:00.000+0000",
            "2026-10-01T00:00:00.000+0000",
        ),
    ]  # fmt: skip


def test_prices_of_a_product_by_book_and_currency(salesforce: httpx.Client) -> None:
    prices = query(
        salesforce,
        "SELECT Pricebook2Id, CurrencyIsoCode, UnitPrice FROM PricebookEntry ORDER BY UnitPrice",
    )
    standard, partner = (ids.record_id("01s", number) for number in (1, 2))
    assert [tuple(price.values())[1:] for price in prices] == [
        (partner, "EUR", 7.65),
        (standard, "EUR", 9.0),
    ]
    [deal] = query(
        salesforce,
        f"SELECT Pricebook2Id FROM Opportunity WHERE Id = '{ids.record_id('006', 2)}'",
    )
    assert deal["Pricebook2Id"] == standard


def test_who_leaves_a_territory_is_just_not_there_any_more(salesforce: httpx.Client) -> None:
    territories = {
        record["Id"]: record["Name"]
        for record in query(salesforce, "SELECT Id, Name FROM Territory2")
    }
    assert sorted(territories.values()) == ["East", "West"]
    soql = "SELECT UserId, Territory2Id FROM UserTerritory2Association"
    places = [
        (record["UserId"], territories[record["Territory2Id"]])
        for record in query(salesforce, soql, "queryAll")
    ]
    rep, manager = (ids.record_id("005", number) for number in (1, 2))
    assert sorted(places) == sorted([(rep, "West"), (manager, "East")])
    assert refused(salesforce, f"{soql} WHERE IsDeleted = false") == "INVALID_FIELD"
    soql = "SELECT ObjectId, IsDeleted FROM ObjectTerritory2Association"
    owned = {record["ObjectId"] for record in query(salesforce, soql)}
    assert owned == {ids.record_id("001", number) for number in (1, 4)}
    assert len(query(salesforce, soql, "queryAll")) == 4


def test_forecast_items_add_up_to_open_deals_by_month_and_category(
    salesforce: httpx.Client,
) -> None:
    soql = "SELECT ForecastAmount, PeriodId FROM ForecastingItem ORDER BY ForecastAmount"
    items = query(salesforce, soql)
    assert [item["ForecastAmount"] for item in items] == [1000.0, 1500.0]
    periods = query(salesforce, "SELECT Id, Type, StartDate FROM Period WHERE Type = 'Month'")
    months = {period["Id"]: period["StartDate"] for period in periods}
    assert [months[item["PeriodId"]] for item in items] == ["2027-01-01", "2026-12-01"]


def test_describe_names_every_selectable_field(salesforce: httpx.Client) -> None:
    listed = salesforce.get(f"{API}/sobjects").json()["sobjects"]
    assert len(listed) == len(OBJECTS) == 27
    for item in listed:
        described = salesforce.get(f"{API}/sobjects/{item['name']}/describe").json()
        names = [field["name"] for field in described["fields"]]
        assert {"CreatedDate", "SystemModstamp"} & set(names)
        assert ("IsDeleted" in names) is item["undeletable"]
        query(salesforce, f"SELECT {', '.join(names)} FROM {item['name']} LIMIT 5")


@pytest.mark.parametrize(
    "name", ["Account", "Contact", "Lead", "Opportunity", "Event", "OpportunityContactRole"]
)
def test_fields_are_described_as_in_a_real_org(salesforce: httpx.Client, name: str) -> None:
    recorded = fixture(f"salesforce_describe/GET_sobjects_{name}_describe.json")
    real = {field["name"]: field for field in recorded["fields"]}
    described = salesforce.get(f"{API}/sobjects/{name}/describe").json()["fields"]
    standard = [field for field in described if not field["custom"]]
    # That org has one currency.
    standard = [field for field in standard if field["name"] != "CurrencyIsoCode"]
    assert len(standard) >= 9
    assert {field["name"]: field["type"] for field in standard} == {
        field["name"]: real.get(field["name"], {}).get("type") for field in standard
    }
    for field in standard:
        assert unlike(field, real[field["name"]]) == []


def test_composite_answers_each_request_by_itself(salesforce: httpx.Client) -> None:
    def ask(*addresses: str) -> httpx.Response:
        orders = [
            {"method": "GET", "url": f"{API}/{address}", "referenceId": f"r{number}"}
            for number, address in enumerate(addresses)
        ]
        return salesforce.post(f"{API}/composite", json={"compositeRequest": orders})

    replies = ask(
        "sobjects/Lead/describe", "sobjects/Nothing/describe", "query?q=SELECT+COUNT()+FROM+Task"
    ).json()["compositeResponse"]
    assert [(reply["referenceId"], reply["httpStatusCode"]) for reply in replies] == [
        ("r0", 200), ("r1", 404), ("r2", 200),
    ]  # fmt: skip
    assert replies[0]["body"]["name"] == "Lead"
    assert replies[1]["body"][0]["errorCode"] == "NOT_FOUND"
    assert replies[2]["body"]["totalSize"] == 450
    assert ask(*["query?q=SELECT+COUNT()+FROM+Task"] * 6).status_code == 400
    assert ask(*["sobjects/Lead/describe"] * 26).status_code == 400


def test_deleted_and_updated_ids_of_a_window(salesforce: httpx.Client) -> None:
    window = {"start": "2026-06-15T00:00:00Z", "end": "2026-07-15T00:00:00+00:00"}
    gone = salesforce.get(f"{API}/sobjects/Account/deleted", params=window).json()
    assert gone["deletedRecords"] == [
        {"id": ids.record_id("001", 2), "deletedDate": "2026-07-01T00:00:00.000+0000"}
    ]
    window = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-20T00:00:00Z"}
    changed = salesforce.get(f"{API}/sobjects/Account/updated", params=window).json()
    assert changed["ids"] == [ids.record_id("001", 4)]
    assert changed["latestDateCovered"] == "2026-11-18T10:00:00.000+0000"


def test_calls_are_counted_in_header_and_limits(salesforce: httpx.Client) -> None:
    first = salesforce.get(f"{API}/limits")
    second = salesforce.get(f"{API}/limits")
    used = [
        int(answer.headers["Sforce-Limit-Info"].removeprefix("api-usage=").split("/")[0])
        for answer in (first, second)
    ]
    assert used[1] == used[0] + 1
    assert second.json()["DailyApiRequests"]["Remaining"] == 100_000 - used[1]


def bulk_rows(client: httpx.Client, job_id: str, most: int) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    params: dict[str, Any] = {"maxRecords": most}
    while params.get("locator") != "null":
        answer = client.get(f"{API}/jobs/query/{job_id}/results", params=params).raise_for_status()
        page = list(csv.DictReader(io.StringIO(answer.text)))
        assert int(answer.headers["Sforce-NumberOfRecords"]) == len(page)
        rows += page
        params["locator"] = answer.headers["Sforce-Locator"]
    return rows


def start_job(client: httpx.Client, soql: str, operation: str = "query") -> str:
    order = {"operation": operation, "query": soql}
    job = client.post(f"{API}/jobs/query", json=order).raise_for_status().json()
    assert job["state"] == "UploadComplete"
    return str(job["id"])


def test_bulk_query_gives_all_rows_in_pages_of_csv(salesforce: httpx.Client) -> None:
    job_id = start_job(
        salesforce, "SELECT Id, Subject, IsClosed, ActivityDate, SystemModstamp FROM Task"
    )
    done = salesforce.get(f"{API}/jobs/query/{job_id}").json()
    assert (done["state"], done["numberRecordsProcessed"]) == ("JobComplete", 450)
    rows = bulk_rows(salesforce, job_id, 200)
    assert len({row["Id"] for row in rows}) == 450
    assert {row["Id"]: row for row in rows}[ids.record_id("00T", 7)] == {
        "Id": ids.record_id("00T", 7),
        "Subject": 'Hello, "7"',
        "IsClosed": "true",
        "ActivityDate": "2026-05-01",
        "SystemModstamp": "2026-05-01T00:07:00.000Z",
    }


def test_bulk_query_all_and_null_values(salesforce: httpx.Client) -> None:
    job_id = start_job(salesforce, "SELECT Id, MasterRecordId FROM Account", "queryAll")
    salesforce.get(f"{API}/jobs/query/{job_id}")
    masters = {row["Id"]: row["MasterRecordId"] for row in bulk_rows(salesforce, job_id, 1000)}
    assert len(masters) == 4
    assert masters[ids.record_id("001", 1)] == ""
    assert masters[ids.record_id("001", 2)] == ids.record_id("001", 1)


def test_bulk_jobs_are_aborted_and_deleted(salesforce: httpx.Client) -> None:
    job_id = start_job(salesforce, "SELECT Id FROM Account")
    path = f"{API}/jobs/query/{job_id}"
    early = salesforce.get(f"{path}/results")
    assert (early.status_code, early.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")
    assert salesforce.delete(path).status_code == 400
    assert salesforce.patch(path, json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert salesforce.delete(path).status_code == 204
    assert salesforce.get(path).status_code == 404


def test_bulk_query_with_an_error_is_refused(salesforce: httpx.Client) -> None:
    order = {"operation": "query", "query": "SELECT Nothing FROM Account"}
    answer = salesforce.post(f"{API}/jobs/query", json=order)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_advance_shows_what_happened_since() -> None:
    with serve(ROWS) as sandbox, sandbox.salesforce() as client:
        soql = "SELECT Id FROM Account WHERE SystemModstamp > 2026-11-18T10:00:00Z"
        assert query(client, soql) == []
        sandbox.advance(1)
        assert [record["Id"] for record in query(client, soql)] == [ids.record_id("001", 5)]


def test_an_independent_client_reads_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with over_tls(ROWS, tmp_path) as (address, trusted), requests.Session() as session:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", trusted)
        token = session.post(
            f"{address}/salesforce/services/oauth2/token",
            data={
                "grant_type": "client_credentials",
                "client_id": credentials.CLIENT_ID,
                "client_secret": credentials.CLIENT_SECRET,
            },
        ).json()
        client = Salesforce(
            instance=token["instance_url"].removeprefix("https://"),
            session_id=token["access_token"],
            session=session,
        )
        client.headers["Sforce-Query-Options"] = "batchSize=200"
        page = client.query("SELECT Id FROM Task ORDER BY Id")
        sizes, seen = [len(page["records"])], [record["Id"] for record in page["records"]]
        while not page["done"]:
            page = client.query_more(page["nextRecordsUrl"], identifier_is_url=True)
            sizes.append(len(page["records"]))
            seen += [record["Id"] for record in page["records"]]
        assert sizes == [200, 200, 50] and len(set(seen)) == 450
        everything = client.query_all("SELECT Id FROM Account", include_deleted=True)
        assert everything["totalSize"] == len(everything["records"]) == 4
        described = {field["name"]: field["type"] for field in client.Account.describe()["fields"]}
        assert described["Health_Score__c"] == "double"
        assert {item["name"] for item in client.describe()["sobjects"]} == set(OBJECTS)
        soql = "SELECT Id, Subject FROM Task"
        pages = list(client.bulk2.Task.query(soql, max_records=200, wait=0))
        rows = [row for text in pages for row in csv.DictReader(io.StringIO(text))]
        assert sorted(row["Id"] for row in rows) == seen
        with pytest.raises(SalesforceMalformedRequest, match="No such column"):
            client.query("SELECT Nothing FROM Account")
