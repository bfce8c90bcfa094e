"""Salesforce: bulk and REST, deletes and merges, an org's own fields, records that do not fit."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from ingestion.catalog import entities
from ingestion.entity import DELETED, VERSION_AT
from ingestion.sources.salesforce import read
from ingestion.sources.salesforce.settings import snake
from tests.contracts.company_sandbox import Lake, entity_of, faulty
from tests.contracts.sandbox_server import (
    Rows,
    account,
    activity,
    at,
    contact,
    lead,
    opportunity,
    serve,
    user,
)

SF = "salesforce"
ACCOUNTS, DEALS = ("accounts",), ("opportunities",)
COMPANY: Rows = {
    "users": [user(1, SF)],
    "accounts": [
        *(account(number, SF, "2026-11-01 08:00") for number in range(1, 9)),
        account(2, SF, "2026-11-18 10:30", is_deleted=True),
        account(3, SF, "2026-11-18 10:31", is_deleted=True, merged_into_n=1),
        account(2, SF, "2026-11-18 12:30"),
    ],
    "contacts": [contact(number, SF, "2026-11-02 08:00") for number in range(1, 7)],
    "leads": [lead(number, SF, "2026-11-03 08:00") for number in range(1, 7)],
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
        lake.land(SF)
        yield lake


def versions(lake: Lake, name: str, number: int) -> list[dict[str, Any]]:
    """All versions of the n-th record by id, oldest first."""
    frame = lake.rows(SF, name)
    ids = sorted(frame["id"].unique().to_list())
    return frame.filter(id=ids[number - 1]).sort(VERSION_AT).to_dicts()


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
    other.land(SF)
    for entity in entities(SF):
        assert_frame_equal(landed.current(SF, entity), other.current(SF, entity))


def test_delete_merge_and_undelete_are_versions(lake: Lake) -> None:
    lake.land(SF, only=ACCOUNTS)
    lake.sandbox.advance(3600)
    report = lake.land(SF, only=ACCOUNTS)
    assert report.tables["accounts"].tombstones == 2
    assert [row[DELETED] for row in versions(lake, "accounts", 2)] == [False, True]
    merged = versions(lake, "accounts", 3)[-1]
    assert (merged[DELETED], merged["master_record_id"]) == (
        True,
        versions(lake, "accounts", 1)[0]["id"],
    )
    assert merged[VERSION_AT] == at("2026-11-18 10:31")
    lake.sandbox.advance(2 * 3600)
    assert lake.land(SF, only=ACCOUNTS).tables["accounts"].rows == 1
    assert [row[DELETED] for row in versions(lake, "accounts", 2)] == [False, True, False]


def test_changed_record_is_a_new_version_with_its_history(lake: Lake) -> None:
    lake.land(SF, only=("opportunities", "opportunity_history"))
    lake.sandbox.advance(3600)
    report = lake.land(SF, only=("opportunities", "opportunity_history"))
    assert report.tables["opportunities"].rows == 1
    assert report.tables["opportunity_history"].rows == 1
    stages = [row["stage_name"] for row in versions(lake, "opportunities", 1)]
    assert stages == ["Qualification", "Proposal"]


def test_fields_of_the_org_are_kept_as_json(landed: Lake) -> None:
    custom = json.loads(landed.rows(SF, "accounts")["custom_fields"][0])
    assert set(custom) == {"Support_Plan__c"}


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
    report = faulty(lake, SF, "token_expiry", only=few, skip=7, times=1)
    assert report.tables["accounts"].rows == 8
