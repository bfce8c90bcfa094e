"""Salesforce: bulk and REST, deletes and merges, an org's own fields, records that do not fit."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ingestion.entity import CUSTOM_FIELDS, DELETED, LOADED_AT, VERSION_AT
from ingestion.http import VendorClient
from ingestion.landing import LandingError
from ingestion.sandbox.vendors.salesforce import bulk, objects, rest
from ingestion.sandbox.vendors.salesforce.sobject import Field
from ingestion.sources.salesforce import read
from ingestion.sources.salesforce.describe import select
from ingestion.sources.salesforce.settings import ENTITIES, SOBJECTS, snake
from tests.contracts.api_specs import fixture
from tests.contracts.company_sandbox import (
    Lake,
    company_sandbox,
    entity_of,
    faulty,
)
from tests.contracts.salesforce_truth import differences
from tests.contracts.sandbox_server import (
    Rows,
    account,
    activity,
    at,
    contact,
    frames,
    lead,
    opportunity,
    serve,
    user,
)

SF = "salesforce"
ACCOUNTS, DEALS = ("accounts",), ("opportunities",)
PEOPLE = ("accounts", "contacts", "leads")
DEFINITIONS = "custom_field_definitions"
# One of each kind: with own fields, values of any type, sums, without IsDeleted, read whole.
KINDS = (
    *PEOPLE, "opportunities", "opportunity_field_history", "tasks", "users", "quotas", "stages",
    DEFINITIONS,
)  # fmt: skip
COMPANY: Rows = {
    "users": [user(1, SF), user(1, SF, version_at=at("2026-11-18 10:35"), team_name="West")],
    "accounts": [
        account(1, SF, "2026-10-01 08:00"),
        *(account(number, SF, "2026-11-01 08:00") for number in range(2, 9)),
        account(2, SF, "2026-11-18 10:30", is_deleted=True),
        account(3, SF, "2026-11-18 10:31", is_deleted=True, merged_into_n=1),
        account(2, SF, "2026-11-18 12:30"),
    ],
    "contacts": [
        *(contact(number, SF, "2026-11-02 08:00") for number in range(1, 7)),
        contact(3, SF, "2026-11-18 10:32", is_deleted=True, merged_into_n=1),
    ],
    "leads": [
        *(lead(number, SF, "2026-11-03 08:00") for number in range(1, 7)),
        lead(3, SF, "2026-11-18 10:33", is_deleted=True, merged_into_n=1),
    ],
    "opportunities": [
        *(opportunity(number, SF, "2026-11-04 08:00") for number in range(1, 7)),
        opportunity(1, SF, "2026-11-18 10:40", stage="Proposal", probability=0.5, amount=1500.0),
    ],
    "activities": [
        activity(number, SF, "call", f"2026-11-05 08:0{number}") for number in range(1, 7)
    ],
}


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(COMPANY) as sandbox:
        yield Lake(tmp_path, sandbox)


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake landed once; its sandbox's clock stands still."""
    with serve(COMPANY) as sandbox:
        lake = Lake(tmp_path_factory.mktemp("landed"), sandbox)
        lake.land(SF, only=KINDS)
        yield lake


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Methods and paths asked for with credentials, by order."""
    asked: list[str] = []
    ask = VendorClient._call

    def counted(self: VendorClient, method: str, path: str, **more: Any) -> Any:
        if more.get("authorised", True):
            asked.append(f"{method} {path}")
        return ask(self, method, path, **more)

    monkeypatch.setattr(VendorClient, "_call", counted)
    return asked


def make_tables(lake: Lake) -> None:
    """Makes the sandbox's tables with all fields, before an org is shown that has fewer."""
    assert lake.sandbox.world is not None
    lake.sandbox.world.store.current(objects.ACCOUNT.table.path)


def versions(lake: Lake, name: str, number: int) -> list[dict[str, Any]]:
    """All versions of the n-th record by id, oldest first."""
    frame = lake.rows(SF, name)
    ids = sorted(frame["id"].unique().to_list())
    return frame.filter(id=ids[number - 1]).sort(VERSION_AT, LOADED_AT).to_dicts()


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("SystemModstamp", "system_modstamp"),
        ("Loss_Reason__c", "loss_reason_c"),
        ("Google_Ads_Campaign_Id__c", "google_ads_campaign_id_c"),
        ("Product2Id", "product2_id"),
    ],
)
def test_fields_become_columns_in_snake_case(field: str, column: str) -> None:
    assert snake(field) == column


def test_bulk_and_rest_bring_the_same(
    landed: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = Lake(tmp_path, landed.sandbox)
    monkeypatch.setattr(read, "BULK_FROM_ROWS", 0)
    monkeypatch.setattr(read, "BULK_PAGE_ROWS", 3)
    other.land(SF, only=KINDS)
    for name in KINDS:
        entity = entity_of(SF, name)
        assert_frame_equal(landed.current(SF, entity), other.current(SF, entity))


def test_delete_merge_and_undelete_are_versions(lake: Lake) -> None:
    lake.land(SF, only=PEOPLE)
    lake.sandbox.advance(3600)
    report = lake.land(SF, only=PEOPLE)
    assert [report.tables[name].tombstones for name in PEOPLE] == [2, 1, 1]
    assert [row[DELETED] for row in versions(lake, "accounts", 2)] == [False, True]
    for name, merged_at in zip(PEOPLE, ("10:31", "10:32", "10:33"), strict=True):
        master, loser = versions(lake, name, 1)[0]["id"], versions(lake, name, 3)[-1]
        assert (loser[DELETED], loser["master_record_id"]) == (True, master)
        assert loser[VERSION_AT] == at(f"2026-11-18 {merged_at}")
    lake.sandbox.advance(2 * 3600)
    assert lake.land(SF, only=ACCOUNTS).tables["accounts"].rows == 1
    assert [row[DELETED] for row in versions(lake, "accounts", 2)] == [False, True, False]


def test_changed_record_is_a_new_version_with_its_history(lake: Lake) -> None:
    histories = ("opportunity_history", "opportunity_field_history")
    lake.land(SF, only=(*DEALS, *histories))
    lake.sandbox.advance(3600)
    report = lake.land(SF, only=(*DEALS, *histories))
    assert [report.tables[name].rows for name in (*DEALS, *histories)] == [1, 1, 2]
    fields = lake.rows(SF, "opportunity_field_history").filter(pl.col("old_value").is_not_null())
    changes = fields.select("field", "old_value", "new_value").sort("field").rows()
    assert changes == [
        ("Amount", "1000.0", "1500.0"),
        ("StageName", "Qualification", "Proposal"),
    ]
    stages = [row["stage_name"] for row in versions(lake, "opportunities", 1)]
    assert stages == ["Qualification", "Proposal"]


def test_nothing_new_costs_a_call_an_object_and_two_for_descriptions(
    landed: Lake, calls: list[str]
) -> None:
    assert landed.land(SF, only=KINDS).load_id is None
    assert sum("composite" in call for call in calls) == 2
    assert sum("queryAll" in call for call in calls) == len(KINDS) - 1
    assert len(calls) == len(KINDS) + 1
    assert len(SOBJECTS) + 2 == 29  # as the documentation says


def test_fields_of_the_org_are_kept_as_json_with_their_types(landed: Lake) -> None:
    custom = json.loads(landed.rows(SF, "accounts").sort("id")[CUSTOM_FIELDS][0])
    assert custom == {
        "Support_Plan__c": "Premier",
        "Health_Score__c": 99.5,
        "Is_Strategic__c": False,
        "Contract_End__c": "2027-03-03",
    }
    types = landed.rows(SF, DEFINITIONS).filter(object="Account")
    kinds = dict(types.select("name", "type").iter_rows())
    assert kinds.items() >= {
        "Support_Plan__c": "picklist", "Health_Score__c": "double", "Is_Strategic__c": "boolean",
        "Contract_End__c": "date",
    }.items()  # fmt: skip
    plans = types.filter(name="Support_Plan__c")["picklist_values"][0]
    assert json.loads(plans) == ["Basic", "Standard", "Premier"]
    campaign = landed.rows(SF, DEFINITIONS).filter(object="Lead", name="Campaign__c")
    assert campaign["reference_to"][0] == "Campaign"


def test_own_fields_come_go_and_change_their_type(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = (*ACCOUNTS, DEFINITIONS)
    score = objects.ACCOUNT.field("Health_Score__c")
    assert score is not None
    others = tuple(each for each in objects.ACCOUNT.own_fields if each is not score)

    def land_with(*fields: Field) -> None:
        changed = replace(objects.ACCOUNT, own_fields=(*others, *fields))
        monkeypatch.setitem(objects.OBJECTS, "Account", changed)
        assert sum(table.rejects for table in lake.land(SF, only=few).tables.values()) == 0

    def kind_of_score() -> str | None:
        known = lake.current(SF, entity_of(SF, DEFINITIONS)).filter(object="Account")
        return dict(known.select("name", "type").iter_rows()).get("Health_Score__c")

    def score_of(number: int) -> Any:
        custom = json.loads(versions(lake, "accounts", number)[-1][CUSTOM_FIELDS])
        assert "Support_Plan__c" in custom
        return custom.get("Health_Score__c")

    make_tables(lake)
    land_with()
    assert (kind_of_score(), score_of(1), score_of(3)) == (None, None, None)
    lake.sandbox.advance(3600)
    land_with(score)
    assert (kind_of_score(), score_of(1), score_of(3)) == ("double", None, 98.5)
    lake.sandbox.advance(7 * 86_400)
    land_with(replace(score, kind="string"))
    assert (kind_of_score(), score_of(1), score_of(2)) == ("string", 99.5, 99.0)
    land_with()
    assert (kind_of_score(), score_of(1)) == (None, 99.5)


def test_what_leaves_no_trace_is_missed_by_the_next_run(lake: Lake) -> None:
    """A user moves from one team to another: the membership of the first is just not there."""
    lake.land(SF, only=("user_territories",))
    lake.sandbox.advance(3600)
    moved = lake.land(SF, only=("user_territories",)).tables["user_territories"]
    assert (moved.rows, moved.tombstones) == (1, 1)
    assert lake.current(SF, entity_of(SF, "user_territories")).height == 1


def test_field_that_goes_between_description_and_query_is_left_out(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe, asked = rest.describe, []

    def outdated(sobject: Any, version: str) -> dict[str, Any]:
        body = describe(sobject, version)
        asked.append(sobject.name)
        if asked.count("Account") == 1:
            body["fields"].append({**body["fields"][-1], "name": "Gone__c", "custom": True})
        return body

    monkeypatch.setattr(rest, "describe", outdated)
    assert lake.land(SF, only=ACCOUNTS).tables["accounts"].rows == 8
    assert asked.count("Account") == 2


def test_fields_made_of_others_are_not_asked_for() -> None:
    """A real org's accounts, with packages and person accounts."""
    described = fixture("salesforce_describe/GET_sobjects_Account_PersonAccount_describe.json")
    kinds = {field["name"]: field["type"] for field in described["fields"]}
    office = {"name": "Office__c", "type": "location", "custom": True}
    selection = select(
        SOBJECTS[0], {field["name"]: field for field in [*described["fields"], office]}
    )
    own = {field["name"] for field in described["fields"] if field["custom"]}
    assert len(own) > 100 and own == set(selection.custom)
    assert not {"address", "location"} & {kinds[name] for name in selection.fields}
    assert "Segment__c" not in selection.fields


def test_feature_that_the_org_does_not_use_leaves_the_rest(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="ingestion.sources.salesforce")
    lake.land(SF, only=("territories", "stages"))
    held = lake.rows(SF, "territories").height
    assert held > 0
    monkeypatch.delitem(objects.OBJECTS, "Territory2")
    report = lake.land(SF, only=("territories", *ACCOUNTS))
    assert (report.tables["territories"].tombstones, report.tables["accounts"].rows) == (0, 8)
    assert "no Territory2" in caplog.text
    monkeypatch.delitem(objects.OBJECTS, "Account")
    with pytest.raises(LandingError, match="sobjects/Account/describe answered 404"):
        lake.land(SF, only=(*ACCOUNTS, "stages"))


def test_small_object_that_tells_no_times_is_landed_once(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tables(lake)
    monkeypatch.setitem(objects.OBJECTS, "OpportunityStage", replace(objects.STAGE, stamps=()))
    assert lake.land(SF, only=("stages",)).tables["stages"].rows == 6
    lake.sandbox.advance(3600)
    assert lake.land(SF, only=("stages",)).load_id is None


def test_record_that_is_gone_for_good_is_found_within_a_week(lake: Lake) -> None:
    lake.land(SF, only=ACCOUNTS)
    rest_of = [row for row in COMPANY["accounts"] if row["account_n"] != 5]
    assert lake.sandbox.world is not None
    lake.sandbox.world.store.load(frames({**COMPANY, "accounts": rest_of}))
    lake.sandbox.advance(6 * 86_400)
    assert lake.land(SF, only=ACCOUNTS).tables["accounts"].tombstones == 1  # the merged one
    lake.sandbox.advance(86_400)
    lake.land(SF, only=ACCOUNTS)
    assert [row[DELETED] for row in versions(lake, "accounts", 5)] == [False, True]
    assert lake.current(SF, entity_of(SF, "accounts")).height == 6


def test_queries_find_their_way(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, calls: list[str]
) -> None:
    """Too many fields for an address go by job, and what the Bulk API does not serve by pages."""
    monkeypatch.setattr(read, "LONGEST_QUERY", 100)
    assert lake.land(SF, only=ACCOUNTS).tables["accounts"].rows == 8
    assert not any("queryAll" in call for call in calls)
    assert any(call.startswith("POST") and "jobs/query" in call for call in calls)
    monkeypatch.undo()
    monkeypatch.setattr(read, "BULK_FROM_ROWS", 0)
    monkeypatch.setattr(bulk, "NOT_IN_BULK", bulk.NOT_IN_BULK | {"Account"})
    paged = Lake(lake.root / "paged", lake.sandbox)
    assert paged.land(SF, only=ACCOUNTS).tables["accounts"].rows == 8


@pytest.mark.parametrize("bulk_from", [10_000, 0])
def test_record_that_does_not_fit_is_set_aside(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, bulk_from: int
) -> None:
    monkeypatch.setattr(read, "BULK_FROM_ROWS", bulk_from)
    match = "Opportunity" if bulk_from else "results"
    report = faulty(lake, SF, "malformed_record", only=DEALS, match=match, times=1)
    assert sum(table.rejects for table in report.tables.values()) == 1


def test_record_without_id_is_set_aside(lake: Lake) -> None:
    report = faulty(lake, SF, "null_key", only=ACCOUNTS, match="BillingCountry", times=1)
    assert report.tables["accounts"].rejects == 1
    reject = lake.rows(SF, "accounts__rejects").to_dicts()[0]
    assert reject["reason"] == "id: missing or null"
    assert "Account" in reject["record"]


def test_number_that_becomes_text_goes_to_a_variant_and_is_reported(lake: Lake) -> None:
    report = faulty(
        lake,
        SF,
        "type_change",
        only=DEALS,
        match="Loss_Reason__c",
        field="Amount",
        share=1.0,
        times=1,
    )
    assert report.tables["opportunities"].variant_columns == ("amount__v_text",)
    rows = lake.rows(SF, "opportunities")
    assert rows["amount"].null_count() == rows.height == 6
    assert rows["amount__v_text"][0] == "1000.0 units"
    entity = entity_of(SF, "opportunities")
    assert lake.current(SF, entity).height == 6


def test_token_that_expires_between_pages_is_renewed(lake: Lake) -> None:
    few = ("accounts", "contacts", "leads", "opportunities")
    report = faulty(lake, SF, "token_expiry", only=few, skip=3, times=1)
    assert report.tables["accounts"].rows == 8


FAULTS = (
    ("rate_limit", {"match": "FROM Opportunity"}),
    ("server_error", {"match": "composite"}),
    ("token_expiry", {"match": "queryAll", "skip": 3}),
    ("truncated_page", {"match": "FROM OpportunityFieldHistory"}),
    ("slow_page", {"match": "FROM OpportunityContactRole", "seconds": 0.01}),
    ("duplicate_record", {"match": "FROM ForecastingItem"}),
)  # fmt: skip


def test_lake_is_the_vendors_after_changes_and_all_faults(tmp_path: Path) -> None:
    """Count, ids and sums of all objects, deleted records left out on both sides."""
    with company_sandbox(tmp_path / "company") as sandbox:
        lake = Lake(tmp_path, sandbox)
        lake.land(SF)
        assert differences(lake) == []
        for hours in (1, 30, 170):
            sandbox.advance(hours * 3600)
            for kind, more in FAULTS:
                sandbox.fault(SF, kind, **more)
            lake.land(SF)
            fired = sandbox.admin.get("/_sandbox/faults").json()["fired"]
            assert set(fired) == {f"{SF}.{kind}" for kind, _ in FAULTS}
            sandbox.clear_faults()
        assert differences(lake) == []
    deleted = {entity.name for entity in ENTITIES if lake.rows(SF, entity.name)[DELETED].any()}
    assert deleted >= {"opportunities", "opportunity_contact_roles", "object_territories"}
