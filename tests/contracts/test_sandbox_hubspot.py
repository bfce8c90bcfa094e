"""The sandbox answers as HubSpot does: lists, search, history, associations, merges, settings."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from hubspot import HubSpot

from ingestion.sandbox.vendors.hubspot import credentials
from tests.contracts.api_specs import fixture, misfits, properties, spec, unlike
from tests.contracts.sandbox_server import (
    NOW,
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

CRM = "hubspot"
COMPANY, DEAL, CONTACT, LEAD = 20_000_000_000, 30_000_000_000, 50_000_000_000, 60_000_000_000
ROWS: dict[str, list[dict[str, Any]]] = {
    "users": [
        user(1, CRM, role="VP", team_name=None),
        user(2, CRM, role="Manager", manager_n=1),
        user(3, CRM, manager_n=2),
        user(4, CRM, manager_n=2),
        user(4, CRM, manager_n=2, version_at=at("2026-05-01"), is_active=False),
        user(5, "salesforce"),
    ],
    "accounts": [
        account(1, CRM, "2026-01-01", annual_revenue=125000.5),
        account(2, CRM, "2026-01-02"),
        account(2, CRM, "2026-07-01", is_deleted=True, merged_into_n=1),
        account(3, CRM, "2026-01-03"),
        account(3, CRM, "2026-09-01", is_deleted=True),
        account(4, "salesforce", "2026-01-04"),
    ],
    "contacts": [
        contact(1, CRM, "2026-02-01"),
        contact(7, CRM, "2026-04-02", email="lead1@acme.example"),
        contact(7, CRM, "2026-05-02", email="lead1@acme.example", title="CFO"),
    ],
    "leads": [
        lead(1, CRM, "2026-03-01", campaign_n=3),
        lead(
            1, CRM, "2026-04-02", status="Converted", is_converted=True, campaign_n=3,
            converted_at=at("2026-04-02"), converted_account_n=1, converted_contact_n=7,
            converted_opportunity_n=2,
        ),
        lead(2, CRM, "2026-03-03", status="Working"),
        *(
            lead(
                n, CRM, day, created_at=at(day), lead_source="Webinar", status="Disqualified",
                email=f"guest{n - 5}@acme.example",
            )
            for n, day in ((6, "2026-09-20"), (7, "2026-10-01"), (8, "2026-11-02"))
        ),
    ],
    "opportunities": [
        opportunity(1, CRM, "2026-02-01"),
        opportunity(1, CRM, "2026-03-01", stage="Proposal", probability=0.5, amount=1500.0),
        opportunity(1, CRM, "2026-03-02", stage="Proposal", probability=0.5, amount=1500.0),
        opportunity(2, CRM, "2026-04-02", contact_n=7),
        opportunity(3, CRM, "2026-02-01", account_n=1),
        opportunity(3, CRM, "2026-06-01", account_n=3, contact_n=None),
    ],
    "activities": [activity(n, CRM, "call", "2026-05-01 00:00") for n in range(1, 231)]
    + [
        activity(901, CRM, "meeting", "2026-05-02", lead_n=2, outcome="No Show"),
        activity(902, CRM, "email", "2026-05-03", contact_n=7, opportunity_n=2),
        activity(903, CRM, "task", "2026-05-04", is_completed=False, account_n=None),
        activity(904, CRM, "note", "2026-05-05", account_n=3),
    ],
    "line_items": [
        {
            "line_item_n": 1, "version_at": at("2026-02-01"), "is_deleted": False,
            "created_at": at("2026-02-01"), "opportunity_n": 1, "product_n": 1, "quantity": 3,
            "unit_price": 9.99, "currency_code": "USD", "crm": CRM,
        }
    ],
    "products": [
        {"product_n": 1, "name": "Core", "family": "Platform", "code": "C-1", "list_price": 10.0}
    ],
    "quotas": [
        {
            "quota_n": n, "version_at": at("2026-10-20"), "user_n": n, "month": date(2026, 11, 1),
            "amount": 40_000.0, "currency_code": "USD",
        }
        for n in (3, 5)
    ],
    "exchange_rates": [
        {
            "currency_code": "JPY", "start_date": date(2026, 11, 1),
            "next_start_date": date(2026, 12, 1), "units_per_usd": 160.0,
        }
    ],
    "email_campaigns": [
        {"email_campaign_n": 1, "name": "News", "subject": "Hi", "sent_at": at("2026-09-01")}
    ],
    "email_events": [
        {
            "event_n": n, "email_campaign_n": 1, "recipient": f"r{n}@x.example", "type": "OPEN",
            "occurred_at": at("2026-09-02"),
        }
        for n in range(1, 26)
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def hubspot() -> Iterator[httpx.Client]:
    with serve(ROWS) as sandbox, sandbox.hubspot() as client:
        yield client


def get(client: httpx.Client, path: str, **params: Any) -> dict[str, Any]:
    return dict(client.get(path, params=params).raise_for_status().json())


def search(client: httpx.Client, name: str, **order: Any) -> httpx.Response:
    return client.post(f"/crm/v3/objects/{name}/search", json=order)


def test_a_wrong_token_is_refused(hubspot: httpx.Client) -> None:
    answer = hubspot.get("/crm/v3/owners", headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401
    assert answer.json()["category"] == "INVALID_AUTHENTICATION"


def test_list_gives_asked_properties_as_text(hubspot: httpx.Client) -> None:
    listed = get(
        hubspot, "/crm/v3/objects/companies", properties="name,annualrevenue,numberofemployees,nope"
    )
    [company] = listed["results"]
    assert company == {
        "id": str(COMPANY + 1),
        "properties": {
            "name": "Account 1",
            "annualrevenue": "125000.5",
            "numberofemployees": "10",
            "createdate": "2026-01-01T00:00:00.000Z",
            "hs_lastmodifieddate": "2026-07-01T00:00:00.000Z",
            "hs_object_id": str(COMPANY + 1),
        },
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-07-01T00:00:00.000Z",
        "archived": False,
    }
    assert "paging" not in listed


def test_a_merge_shows_on_the_winner_and_hides_the_loser(hubspot: httpx.Client) -> None:
    [winner] = get(hubspot, "/crm/v3/objects/companies", properties="hs_merged_object_ids")[
        "results"
    ]
    assert winner["properties"]["hs_merged_object_ids"] == str(COMPANY + 2)
    archived = get(hubspot, "/crm/v3/objects/companies", archived="true")["results"]
    assert [(item["id"], item["archivedAt"]) for item in archived] == [
        (str(COMPANY + 3), "2026-09-01T00:00:00.000Z")
    ]


def test_lists_are_paged_by_after(hubspot: httpx.Client) -> None:
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 100}
    sizes = []
    while True:
        page = get(hubspot, "/crm/v3/objects/calls", **params)
        sizes.append(len(page["results"]))
        seen += [record["id"] for record in page["results"]]
        if "paging" not in page:
            break
        params["after"] = page["paging"]["next"]["after"]
    assert sizes == [100, 100, 30]
    assert len(set(seen)) == 230


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/crm/v3/objects/calls", {"limit": 101}),
        ("/crm/v3/objects/deals", {"limit": 51, "propertiesWithHistory": "amount"}),
        ("/crm/v3/objects/butterflies", {}),
        ("/crm/v3/objects/calls", {"after": "x"}),
        ("/email/public/v1/events", {"limit": 1001}),
    ],
)
def test_refused_lists(hubspot: httpx.Client, path: str, params: dict[str, Any]) -> None:
    answer = hubspot.get(path, params=params)
    assert (answer.status_code, answer.json()["status"]) == (400, "error")


def test_a_converted_lead_stays_one_contact(hubspot: httpx.Client) -> None:
    names = "email,jobtitle,lead_source,lifecyclestage,hs_lead_status,associatedcompanyid,"
    names += "converted_at,converted_deal_id,campaign_id"
    found = get(hubspot, "/crm/v3/objects/contacts", properties=names)["results"]
    assert [item["id"] for item in found][:3] == [
        str(CONTACT + 1), str(LEAD + 1), str(LEAD + 2),
    ]  # fmt: skip
    converted = found[1]["properties"]
    assert {name: converted[name] for name in names.split(",")} == {
        "email": "lead1@acme.example",
        "jobtitle": "CFO",
        "lead_source": "Web",
        "lifecyclestage": "opportunity",
        "hs_lead_status": "OPEN_DEAL",
        "associatedcompanyid": str(COMPANY + 1),
        "converted_at": "2026-04-02T00:00:00.000Z",
        "converted_deal_id": str(DEAL + 2),
        "campaign_id": "21000000003",
    }
    assert converted["lastmodifieddate"] == "2026-05-02T00:00:00.000Z"
    assert found[0]["properties"]["lead_source"] is None
    assert found[2]["properties"]["hs_lead_status"] == "IN_PROGRESS"


def test_history_has_each_value_once_newest_first(hubspot: httpx.Client) -> None:
    answer = hubspot.post(
        "/crm/v3/objects/deals/batch/read",
        json={
            "inputs": [{"id": str(DEAL + 1)}],
            "properties": ["dealname"],
            "propertiesWithHistory": ["dealstage", "amount"],
        },
    )
    [deal] = answer.raise_for_status().json()["results"]
    history = {
        name: [(change["value"], change["timestamp"]) for change in changes]
        for name, changes in deal["propertiesWithHistory"].items()
    }
    assert history == {
        "dealstage": [
            ("1184301103", "2026-03-01T00:00:00.000Z"),
            ("1184301101", "2026-02-01T00:00:00.000Z"),
        ],
        "amount": [
            ("1500", "2026-03-01T00:00:00.000Z"),
            ("1000", "2026-02-01T00:00:00.000Z"),
        ],
    }


def test_associations_of_lists_and_of_the_batch_read_agree(hubspot: httpx.Client) -> None:
    [email] = get(hubspot, "/crm/v3/objects/emails", associations="companies,contacts,deals")[
        "results"
    ]
    assert email["associations"] == {
        "companies": {"results": [{"id": str(COMPANY + 1), "type": "email_to_company"}]},
        "contacts": {"results": [{"id": str(LEAD + 1), "type": "email_to_contact"}]},
        "deals": {"results": [{"id": str(DEAL + 2), "type": "email_to_deal"}]},
    }
    answer = hubspot.post(
        "/crm/v4/associations/emails/contacts/batch/read", json={"inputs": [{"id": email["id"]}]}
    )
    [link] = answer.json()["results"]
    assert link["from"] == {"id": email["id"]}
    assert [to["toObjectId"] for to in link["to"]] == [LEAD + 1]


def test_batch_associations_tell_which_record_has_none(hubspot: httpx.Client) -> None:
    ids = [str(DEAL + 1), str(DEAL + 99)]
    answer = hubspot.post(
        "/crm/v4/associations/deals/companies/batch/read",
        json={"inputs": [{"id": record_id} for record_id in ids]},
    )
    assert answer.status_code == 207
    assert [item["from"]["id"] for item in answer.json()["results"]] == ids[:1]
    [error] = answer.json()["errors"]
    assert error["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert error["context"]["fromObjectId"] == ids[1:]


def test_a_change_of_associations_moves_no_date(hubspot: httpx.Client) -> None:
    path = f"/crm/v3/objects/deals/{DEAL + 3}"
    deal = get(hubspot, path, associations="companies,contacts,line_items")
    assert deal["updatedAt"] == deal["properties"]["hs_lastmodifieddate"]
    assert deal["updatedAt"] == "2026-02-01T00:00:00.000Z"
    assert deal["associations"]["companies"]["results"][0]["id"] == str(COMPANY + 3)
    assert "contacts" not in deal["associations"]


def test_line_items_know_their_deal_and_their_price(hubspot: httpx.Client) -> None:
    [item] = get(
        hubspot, "/crm/v3/objects/line_items", associations="deals",
        properties="name,quantity,price,amount,hs_product_id",
    )["results"]  # fmt: skip
    said = item["properties"]
    assert [said[name] for name in ("name", "quantity", "price", "amount")] == [
        "Core", "3", "9.99", "29.97",
    ]  # fmt: skip
    assert item["associations"]["deals"]["results"][0]["id"] == str(DEAL + 1)
    answer = hubspot.post(
        "/crm/v4/associations/deals/line_items/batch/read", json={"inputs": [{"id": str(DEAL + 1)}]}
    )
    [found] = answer.json()["results"]
    assert [to["toObjectId"] for to in found["to"]] == [int(item["id"])]


def test_associations_are_found_from_the_other_side(hubspot: httpx.Client) -> None:
    answer = hubspot.post(
        "/crm/v4/associations/companies/deals/batch/read",
        json={"inputs": [{"id": str(COMPANY + 1)}]},
    )
    [found] = answer.json()["results"]
    assert [to["toObjectId"] for to in found["to"]] == [DEAL + 1, DEAL + 2]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ([], 230),
        ([{"propertyName": "hs_object_id", "operator": "GT", "value": "70000000200"}], 30),
        ([{"propertyName": "hs_object_id", "operator": "IN", "values": ["70000000001"]}], 1),
        ([{"propertyName": "hs_timestamp", "operator": "GTE", "value": "1777593600000"}], 230),
        ([{"propertyName": "hs_timestamp", "operator": "LT", "value": "2026-05-01"}], 0),
        ([{"propertyName": "hs_call_title", "operator": "CONTAINS_TOKEN", "value": '"23*'}], 2),
        ([{"propertyName": "hs_call_disposition", "operator": "NOT_HAS_PROPERTY"}], 0),
        (
            [
                {
                    "propertyName": "hs_lastmodifieddate",
                    "operator": "BETWEEN",
                    "value": "2026-04-01",
                    "highValue": "2026-06-01",
                },
                {"propertyName": "hs_call_direction", "operator": "EQ", "value": "OUTBOUND"},
            ],
            230,
        ),
    ],
)
def test_search_filters(hubspot: httpx.Client, filters: list[dict[str, Any]], count: int) -> None:
    found = search(hubspot, "calls", filterGroups=[{"filters": filters}]).raise_for_status().json()
    assert found["total"] == count


def test_search_pages_are_sorted_and_end(hubspot: httpx.Client) -> None:
    order = {"sorts": [{"propertyName": "hs_object_id", "direction": "DESCENDING"}], "limit": 200}
    first = search(hubspot, "calls", **order).json()
    second = search(hubspot, "calls", after=first["paging"]["next"]["after"], **order).json()
    ids = [int(record["id"]) for record in first["results"] + second["results"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 230
    assert "paging" not in second


@pytest.mark.parametrize(
    "order",
    [
        {"limit": 201},
        {"limit": 100, "after": "9901"},
        {"filterGroups": [{"filters": [{"propertyName": "nope", "operator": "EQ", "value": 1}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "hs_timestamp", "operator": "NEAR"}]}]},
    ],
)
def test_refused_searches(hubspot: httpx.Client, order: dict[str, Any]) -> None:
    answer = search(hubspot, "calls", **order)
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_deals_speak_hubspots_words(hubspot: httpx.Client) -> None:
    names = "dealstage,pipeline,hs_deal_stage_probability,hs_is_closed,hs_manual_forecast_category"
    deal = get(hubspot, f"/crm/v3/objects/deals/{DEAL + 1}", properties=names + ",closedate")
    shown = deal["properties"]
    assert [shown[name] for name in names.split(",")] == [
        "1184301103", "default", "0.5", "false", "PIPELINE",
    ]  # fmt: skip
    assert shown["closedate"] == "2026-12-31T16:00:00.000Z"
    stages = get(hubspot, "/crm/v3/pipelines/deals")["results"][0]["stages"]
    labels = {stage["id"]: stage["label"] for stage in stages}
    assert labels["1184301103"] == "Proposal"


def test_owners_and_their_teams(hubspot: httpx.Client) -> None:
    active = get(hubspot, "/crm/v3/owners")["results"]
    assert [owner["email"] for owner in active] == [f"user{n}@acme.example" for n in (1, 2, 3)]
    assert active[2]["teams"][0]["name"] == "APAC – East"
    [gone] = get(hubspot, "/crm/v3/owners", archived="true")["results"]
    assert (gone["archived"], gone["updatedAt"]) == (True, "2026-05-01T00:00:00.000Z")
    teams = {team["name"]: team for team in get(hubspot, "/settings/v3/users/teams")["results"]}
    east = teams["APAC – East"]
    assert (east["region"], east["managerOwnerId"]) == ("APAC", active[1]["id"])
    assert east["memberOwnerIds"] == [active[1]["id"], active[2]["id"]]
    assert teams["APAC – Leadership"]["managerOwnerId"] == active[0]["id"]


def test_goals_and_rates_are_the_accounts_own(hubspot: httpx.Client) -> None:
    [goal] = get(
        hubspot, "/crm/v3/objects/goal_targets", properties="hs_target_amount,hs_end_datetime"
    )["results"]
    assert goal["properties"]["hs_target_amount"] == "40000"
    assert goal["properties"]["hs_end_datetime"] == "2026-11-30T23:59:59.999Z"
    [rate] = get(hubspot, "/settings/v3/currencies/exchange-rates")["results"]
    assert (rate["fromCurrencyCode"], rate["conversionRate"]) == ("JPY", 0.00625)


def test_email_events_come_newest_first_and_complete(hubspot: httpx.Client) -> None:
    since = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp() * 1000)
    params: dict[str, Any] = {"limit": 10, "startTimestamp": since}
    seen: list[str] = []
    while True:
        page = get(hubspot, "/email/public/v1/events", **params)
        seen += [event["id"] for event in page["events"]]
        params["offset"] = page["offset"]
        if not page["hasMore"]:
            break
    assert len(seen) == len(set(seen)) == 25
    later = int(NOW.timestamp() * 1000)
    assert get(hubspot, "/email/public/v1/events", startTimestamp=later)["events"] == []


def test_every_property_of_every_type_can_be_listed(hubspot: httpx.Client) -> None:
    for name in (
        "companies", "contacts", "deals", "line_items", "products", "goal_targets", "calls",
        "emails", "meetings", "notes", "tasks",
    ):  # fmt: skip
        names = [item["name"] for item in get(hubspot, f"/crm/v3/properties/{name}")["results"]]
        listed = get(hubspot, f"/crm/v3/objects/{name}", properties=",".join(names))["results"]
        assert set(listed[0]["properties"]) == set(names)


def test_replies_tell_the_rate_limit_but_searches_do_not(hubspot: httpx.Client) -> None:
    listed = hubspot.get("/crm/v3/objects/calls")
    assert int(listed.headers["X-HubSpot-RateLimit-Remaining"]) < 250
    assert "X-HubSpot-RateLimit-Remaining" not in search(hubspot, "calls").headers


def test_a_change_moves_the_record_into_a_later_search() -> None:
    rows = {**ROWS, "leads": [*ROWS["leads"], lead(2, CRM, "2026-11-18 10:30", status="Qualified")]}
    order = {
        "filterGroups": [
            {
                "filters": [
                    {
                        "propertyName": "lastmodifieddate",
                        "operator": "GTE",
                        "value": str(int(NOW.timestamp() * 1000)),
                    }
                ]
            }
        ]
    }
    with serve(rows) as sandbox, sandbox.hubspot() as client:
        assert search(client, "contacts", **order).json()["total"] == 0
        sandbox.advance(3600)
        [found] = search(client, "contacts", **order).json()["results"]
        assert found["id"] == str(LEAD + 2)


def test_admin_tells_how_to_connect(hubspot: httpx.Client) -> None:
    root = str(hubspot.base_url).split("/hubspot")[0]
    known = Sandbox(root).admin.get("/_sandbox/credentials").json()
    assert known["hubspot"]["base_url"] == f"{root}/hubspot"
    assert set(known) >= {"salesforce", "hubspot", "google_ads"}


def test_lists_have_a_size_and_members(hubspot: httpx.Client) -> None:
    order = {"count": 2, "additionalProperties": ["hs_list_size"]}
    first = hubspot.post("/crm/v3/lists/search", json=order).raise_for_status().json()
    recorded = fixture("hubspot/test/read-lists-1-first-page.json")
    assert unlike(first, recorded) == []
    assert unlike(first["lists"][0], recorded["lists"][0]) == []
    assert (len(first["lists"]), first["offset"], first["hasMore"]) == (2, 2, True)
    more = hubspot.post("/crm/v3/lists/search", json={**order, "offset": 2}).json()
    assert (more["offset"], more["hasMore"], more["total"]) == (4, False, 4)
    open_leads = first["lists"][0]
    assert open_leads["additionalProperties"] == {"hs_list_size": "1"}
    members = get(hubspot, f"/crm/v3/lists/{open_leads['listId']}/memberships")
    assert members["results"] == [
        {"recordId": str(LEAD + 2), "membershipTimestamp": "2026-03-03T00:00:00.000Z"}
    ]


def test_submissions_come_newest_first_by_pages(hubspot: httpx.Client) -> None:
    [form] = [
        form
        for form in get(hubspot, "/marketing/v3/forms")["results"]
        if form["name"].startswith("Webinar")
    ]
    assert unlike(form, fixture("hubspot/test/read/marketing-forms.json")["results"][0]) == []
    path = f"/form-integrations/v1/submissions/forms/{form['id']}"
    sent: list[dict[str, Any]] = []
    page = get(hubspot, path, limit=2)
    sizes = [len(page["results"])]
    while "paging" in page:
        sent += page["results"]
        page = get(hubspot, path, limit=2, after=page["paging"]["next"]["after"])
        sizes.append(len(page["results"]))
    sent += page["results"]
    times = [each["submittedAt"] for each in sent]
    assert sizes == [2, 1] and times == sorted(times, reverse=True)
    assert len({each["conversionId"] for each in sent}) == 3
    assert {"name": "email", "value": "guest1@acme.example", "objectTypeId": "0-1"} in sent[-1][
        "values"
    ]
    assert hubspot.get(path, params={"limit": 51}).status_code == 400


def test_webinars_count_who_registered_and_came(hubspot: httpx.Client) -> None:
    past, ahead = get(hubspot, "/marketing/v3/marketing-events")["results"]
    counted = ("registrants", "attendees", "cancellations", "noShows", "eventStatus")
    assert past["registrants"] == sum(past[name] for name in counted[1:4]) == 2
    assert [ahead[name] for name in counted] == [1, 0, 0, 0, "UPCOMING"]
    assert (past["startDateTime"], past["eventCompleted"]) == ("2026-10-20T03:00:00.000Z", True)
    assert unlike(past, fixture("hubspot/test/read/marketing-events.json")["results"][0]) == []
    # The version of the specification calls an event's id `id`, today's answers `objectId`.
    document = spec("hubspot_ballerina_apache2/hubspot.marketing.yaml")
    schema = document["components"]["schemas"]["PublicMarketingEventReadResponse"]
    assert misfits(past, properties(schema, document), document, may_miss="id") == []


@pytest.mark.parametrize("name", ["company", "contact", "deal", "lineitem", "product"])
def test_records_are_as_specified(hubspot: httpx.Client, name: str) -> None:
    document = spec(f"hubspot_ballerina_apache2/hubspot.crm.{name}.yaml")
    [path] = [path for path in document["paths"] if path.count("/") == 4]
    schemas = document["components"]["schemas"]
    page = get(hubspot, path, limit=1, associations="deals,companies,contacts")
    wanted = properties(schemas["SimplePublicObjectWithAssociations"], document)
    missing = "archivedAt" if page["results"][0].get("associations") else "archivedAt associations"
    assert misfits(page["results"][0], wanted, document, may_miss=missing) == []


def test_pipelines_and_properties_are_as_specified(hubspot: httpx.Client) -> None:
    document = spec("hubspot_ballerina_apache2/hubspot.crm.pipeline.yaml")
    schemas = document["components"]["schemas"]
    [pipeline] = get(hubspot, "/crm/v3/pipelines/deals")["results"]
    for record, name in ((pipeline, "Pipeline"), (pipeline["stages"][0], "PipelineStage")):
        wanted = properties(schemas[name], document)
        assert misfits(record, wanted, document, may_miss="archivedAt") == []
    document = spec("hubspot_ballerina_apache2/hubspot.crm.property.yaml")
    schema = document["components"]["schemas"]["Property"]
    wanted = {name: schema["properties"][name] for name in schema["required"]}
    for prop in get(hubspot, "/crm/v3/properties/deals")["results"]:
        assert misfits(prop, wanted, document) == []


def test_marketing_emails_are_as_recorded(hubspot: httpx.Client) -> None:
    [email] = get(hubspot, "/marketing/v3/emails")["results"]
    recorded = fixture("hubspot/test/read/marketing-emails/1-first-page.json")["results"][0]
    assert unlike(email, recorded) == []


def test_the_vendors_own_client_reads_it(hubspot: httpx.Client) -> None:
    client = HubSpot(access_token=credentials.ACCESS_TOKEN, host=str(hubspot.base_url).rstrip("/"))
    deals = client.crm.deals.get_all(properties=["dealname", "amount"], associations=["companies"])
    assert [deal.properties["dealname"] for deal in deals] == ["Deal 1", "Deal 2", "Deal 3"]
    assert deals[2].associations["companies"].results[0].id == str(COMPANY + 3)
    assert len(client.crm.objects.get_all("calls")) == 230
    found = client.crm.contacts.search_api.do_search(
        {
            "filterGroups": [
                {
                    "filters": [
                        {"propertyName": "email", "operator": "EQ", "value": "lead2@acme.example"}
                    ]
                }
            ]
        }
    )
    assert [contact.id for contact in found.results] == [str(LEAD + 2)]
    linked = client.crm.associations.v4.batch_api.get_page(
        "companies", "deals", {"inputs": [{"id": str(COMPANY + 1)}]}
    )
    assert [to.to_object_id for to in linked.results[0].to] == [str(DEAL + 1), str(DEAL + 2)]
    assert linked.results[0].to[0].association_types[0].label == "Primary"
    known = {each.name for each in client.crm.properties.core_api.get_all("line_items").results}
    assert {"quantity", "price", "amount"} <= known
    assert [owner.email for owner in client.crm.owners.get_all()] == [
        f"user{n}@acme.example" for n in (1, 2, 3)
    ]
    [pipeline] = client.crm.pipelines.pipelines_api.get_all("deals").results
    assert [stage.label for stage in pipeline.stages][:2] == ["Qualification", "Discovery"]
    lists = client.crm.lists.lists_api.do_search({"count": 10})
    assert [each.processing_type for each in lists.lists] == ["DYNAMIC"] * 3 + ["MANUAL"]
    members = client.crm.lists.memberships_api.get_page(lists.lists[0].list_id)
    assert [member.record_id for member in members.results] == [str(LEAD + 2)]
    assert len(client.marketing.forms.forms_api.get_page(limit=4).results) == 4
    [email] = client.marketing.emails.marketing_emails_api.get_page().results
    assert (email.name, email.state) == ("News", "PUBLISHED")
    events = client.marketing.events.basic_api.get_all()
    assert [event.registrants for event in events.results] == [2, 1]
