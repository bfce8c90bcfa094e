"""Dynamics: delta links and what ends them, deletes, merges, the audit, budgets, other clients."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msal
import polars as pl
import pytest
import requests
from azure.core.credentials import AccessToken
from polars.testing import assert_frame_equal
from PowerPlatform.Dataverse.client import DataverseClient

from ingestion.catalog import entities
from ingestion.entity import DELETED, VERSION_AT
from ingestion.http import VendorClient
from ingestion.sandbox.__main__ import history_start
from ingestion.sandbox.company.simulation import simulate
from ingestion.sandbox.company.truth import state
from ingestion.sandbox.vendors.dynamics import credentials, service, tables
from ingestion.sources.dynamics import read
from tests.contracts.company_sandbox import NOW as COMPANY_NOW
from tests.contracts.company_sandbox import Lake, company_sandbox, entity_of, faulty
from tests.contracts.dataverse import COMPANY, CRM
from tests.contracts.sandbox_server import NOW, Sandbox, at, serve
from tests.contracts.tls import over_tls

EXPECTED = {
    "accounts": 8, "contacts": 6, "leads": 6, "opportunities": 6, "phone_calls": 6,
    "appointments": 1, "emails": 0, "tasks": 1, "users": 2, "goals": 1, "process_stages": 4,
    "territories": 1, "currencies": 2, "opportunity_processes": 6, "opportunity_closes": 0,
    "products": 2, "opportunity_products": 1,
}  # fmt: skip

ACTIVITIES = {"phone_calls": "call", "appointments": "meeting", "emails": "email", "tasks": "task"}
# Tables with change tracking that have records at first.
WITH_TOKEN = 10
# Of these, with change tracking and records at first: accounts, deals and their processes.
TRACKED_OF_DEALS = 3
DEALS = (
    "accounts", "users", "opportunities", "opportunity_history", "opportunity_closes",
    "opportunity_processes",
)  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with serve(COMPANY) as running:
        yield running


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(COMPANY) as running:
        yield Lake(tmp_path, running)


@pytest.fixture(scope="module")
def landed(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake landed once; its sandbox's clock stands still for the whole module."""
    lake = Lake(tmp_path_factory.mktemp("landed"), sandbox)
    report = lake.land(CRM)
    assert {name: report.tables[name].rows for name in EXPECTED} == EXPECTED
    assert sum(table.rejects + table.tombstones for table in report.tables.values()) == 0
    return lake


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths asked for, by order."""
    asked: list[str] = []
    ask = VendorClient._call

    def counted(self: VendorClient, method: str, path: str, **more: Any) -> Any:
        asked.append(path)
        return ask(self, method, path, **more)

    monkeypatch.setattr(VendorClient, "_call", counted)
    return asked


def versions(lake: Lake, table: str, record: str) -> list[dict[str, Any]]:
    return lake.rows(CRM, table).filter(id=record).sort(VERSION_AT).to_dicts()


def id_of(lake: Lake, name: str) -> str:
    return str(lake.rows(CRM, "accounts").filter(name=name)["id"][0])


def test_small_pages_and_few_parties_a_call_bring_the_same(
    landed: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(read, "PARTIES_A_CALL", 2)
    monkeypatch.setattr(service, "LARGEST_PAGE", 3)
    other = Lake(tmp_path, landed.sandbox)
    other.land(CRM)
    for entity in entities(CRM):
        assert_frame_equal(landed.current(CRM, entity), other.current(CRM, entity))


def test_values_come_with_labels_types_and_own_columns(landed: Lake) -> None:
    row = landed.rows(CRM, "opportunities").to_dicts()[0]
    assert (row["statecode"], row["statecode_label"]) == (0, "Open")
    assert row["transactioncurrencyid_label"] == "EUR"
    assert row["customerid_type"] == "account"
    assert row["estimatedvalue_base"] == pytest.approx(1000 / 0.9, abs=1e-3)
    assert set(json.loads(row["custom_fields"])) == {"new_implementation"}
    assert "株式会社 O'Neil & Söhne" in landed.rows(CRM, "accounts")["name"].to_list()
    call = landed.rows(CRM, "phone_calls").to_dicts()[0]
    assert call["regardingobjectid_type"] == "opportunity"
    assert call["contact_id"] is not None
    assert landed.rows(CRM, "appointments")["lead_id"].null_count() == 0


def test_changes_deletes_merges_and_undeletes_are_versions(lake: Lake, calls: list[str]) -> None:
    lake.land(CRM, only=DEALS)
    second, third, first = (id_of(lake, f"Account {number}") for number in (2, 3, 1))
    calls.clear()
    lake.sandbox.advance(3600)
    report = lake.land(CRM, only=DEALS)
    assert sum("$deltatoken" in path for path in calls) == TRACKED_OF_DEALS
    assert report.tables["accounts"].tombstones == 2
    merged = versions(lake, "accounts", third)[-1]
    assert (merged[DELETED], merged["masterid"]) == (True, first)
    assert merged[VERSION_AT] == at("2026-11-18 10:31")
    assert report.tables["opportunities"].tombstones == 1
    assert report.tables["opportunity_closes"].rows == 1
    assert report.tables["opportunity_processes"].tombstones == 1
    assert [
        row["businessunitid_label"]
        for row in lake.rows(CRM, "users")
        .sort(VERSION_AT)
        .filter(pl.col("parentsystemuserid").is_not_null())
        .to_dicts()
    ] == ["DACH", "Nordics"]
    assert_history_is_that_of_the_audit(lake.rows(CRM, "opportunity_history"))
    lake.sandbox.advance(2 * 3600)
    report = lake.land(CRM, only=DEALS)
    assert report.tables["accounts"].rows == 1
    assert report.tables["opportunity_history"].rows == 0
    assert [row[DELETED] for row in versions(lake, "accounts", second)] == [False, True, False]


def assert_history_is_that_of_the_audit(history: pl.DataFrame) -> None:
    deal = history.filter(pl.col("new_value") == "1500.0")["object_id"][0]
    changed = history.filter(
        (pl.col("object_id") == deal) & (pl.col("changed_at") == at("2026-11-18 10:40"))
    )
    attributes = {"estimatedvalue", "closeprobability", "msdyn_forecastcategory"}
    assert set(changed["attribute"]) == attributes
    stage = history.filter((pl.col("attribute") == "activestageid") & (pl.col("changed_at") >= NOW))
    assert stage["new_value"][0].startswith("processstage,")


def test_nothing_new_costs_a_call_a_table(landed: Lake, calls: list[str]) -> None:
    assert landed.land(CRM).load_id is None
    # Login, two of metadata, one a table and the audit, three sweeps of ids; parties never.
    assert len(calls) <= 3 + len(entities(CRM)) + 3
    assert sum("$deltatoken" in path for path in calls) == WITH_TOKEN
    assert not any("activityparties" in path for path in calls)


@pytest.mark.parametrize("quiet", [False, True])
def test_delta_link_that_is_over_means_all_anew_and_tombstones(
    lake: Lake, calls: list[str], quiet: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor may refuse an old link, or take it and bring all records without deletions."""
    few = ("accounts", "opportunities", "phone_calls")
    lake.land(CRM, only=few)
    gone = id_of(lake, "Account 2")
    monkeypatch.setattr(service, "TOKEN_DAYS", 7 if quiet else 3)
    lake.sandbox.advance(2400)
    lake.sandbox.advance(6 * 86_400 + 23.5 * 3600 if quiet else 3 * 86_400 + 7200)
    if not quiet:
        # The link is younger than what the environment promised when it was handed out.
        monkeypatch.setattr(read, "MARGIN", timedelta(days=-30))
    calls.clear()
    report = lake.land(CRM, only=few)
    assert sum("$deltatoken" in path for path in calls) == (0 if quiet else len(few))
    assert report.tables["opportunities"].tombstones == 1
    assert report.tables["phone_calls"].rows == 0
    assert [row[DELETED] for row in versions(lake, "accounts", gone)][:2] == [False, False]
    assert lake.land(CRM, only=few).load_id is None


def test_new_column_of_the_company_is_read_for_all_records(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = service.attribute

    def without(table: Any, column: Any) -> dict[str, Any]:
        shown = described(table, column)
        return (
            {**shown, "IsCustomAttribute": False, "AttributeType": "Virtual"}
            if (column.name == "new_supportplan")
            else shown
        )

    with monkeypatch.context() as patched:
        patched.setattr(service, "attribute", without)
        lake.land(CRM, only=("accounts",))
        assert lake.rows(CRM, "accounts")["custom_fields"].null_count() == 8
    lake.sandbox.advance(60)
    assert lake.land(CRM, only=("accounts",)).tables["accounts"].rows == 8
    assert lake.current(CRM, entities(CRM)[0])["custom_fields"].null_count() == 0


def test_environment_without_a_table_or_tracking_lands_the_rest(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = service.definition
    monkeypatch.setattr(
        service,
        "definition",
        lambda table: {**described(table), "ChangeTrackingEnabled": False},
    )
    monkeypatch.setattr(
        service, "TABLES", tuple(each for each in tables.TABLES if each.name != "goal")
    )
    monkeypatch.delitem(service.BY_NAME, "goal")
    few = ("accounts", "opportunities", "goals")
    lake.land(CRM, only=few)
    assert lake.rows(CRM, "goals").is_empty()
    gone = id_of(lake, "Account 2")
    lake.sandbox.advance(3600)
    report = lake.land(CRM, only=few)
    assert report.tables["accounts"].tombstones == 2
    assert [row[DELETED] for row in versions(lake, "accounts", gone)] == [False, True]
    assert report.tables["opportunities"].tombstones == 1


def test_record_that_does_not_fit_is_set_aside(sandbox: Sandbox, tmp_path: Path) -> None:
    lake = Lake(tmp_path, sandbox)
    sandbox.fault(CRM, "null_key", match="/accounts", times=1)
    report = faulty(
        lake,
        CRM,
        "malformed_record",
        only=("accounts", "opportunities"),
        match="/opportunities",
        field="estimatedvalue",
    )
    assert (report.tables["opportunities"].rejects, report.tables["accounts"].rejects) == (1, 1)


FAULTS = (
    ("rate_limit", {"match": "deltatoken", "skip": 1}),
    ("server_error", {"match": "audits"}),
    ("token_expiry", {"match": "deltatoken", "skip": 3}),
    ("truncated_page", {"match": "deltatoken", "skip": 5}),
    ("late_row", {"match": "phonecalls"}),
    ("duplicate_record", {"match": "opportunit"}),
)  # fmt: skip


def test_lake_is_the_company_after_changes_and_all_faults(tmp_path: Path) -> None:
    with company_sandbox(tmp_path / "company", scale=0.02) as sandbox:
        lake = Lake(tmp_path, sandbox)
        lake.land(CRM)
        assert_reconciled(lake)
        for hours in (1, 30, 100):
            sandbox.advance(hours * 3600)
            for kind, more in FAULTS:
                sandbox.fault(CRM, kind, **more)
            lake.land(CRM)
            sandbox.clear_faults()
        lake.land(CRM)
        assert_reconciled(lake)
    assert set(empty_columns(lake)) == EMPTY


# Nobody was merged, these tables have no columns of the company's own, and these take no time.
EMPTY = {
    "contacts.masterid", "contacts.custom_fields", "leads.custom_fields",
    "emails.actualdurationminutes", "tasks.actualdurationminutes",
}  # fmt: skip


def empty_columns(lake: Lake) -> Iterator[str]:
    """Columns without a single value: what is not asked for under its right name."""
    for entity in entities(CRM):
        rows = lake.rows(CRM, entity.name)
        for column in entity.columns.names:
            if rows[column].null_count() == rows.height:
                yield f"{entity.name}.{column}"


def assert_reconciled(lake: Lake) -> None:
    """Ids and sums of every table: those of the company's own records."""
    now = lake.now()
    company = simulate(7, 0.02, history_start(COMPANY_NOW), now)
    users = state(company, "users", now).filter(crm=CRM)
    for table, frame, kind, amounts in (
        ("accounts", "accounts", "account", {"revenue": "annual_revenue"}),
        ("contacts", "contacts", "contact", {}),
        ("leads", "leads", "lead", {}),
        ("opportunities", "opportunities", "opportunity", {"estimatedvalue": "amount"}),
        ("opportunity_processes", "opportunities", "opportunitysalesprocess", {}),
        ("opportunity_products", "line_items", "opportunityproduct", {"quantity": "quantity"}),
        ("users", "users", "systemuser", {}),
        ("goals", "quotas", "goal", {"targetmoney": "amount"}),
    ):
        truth = state(company, frame, now)
        truth = truth.filter(crm=CRM) if "crm" in truth.columns else truth.join(users, "user_n")
        assert_same(lake, table, kind, truth, amounts)
    activities = state(company, "activities", now).filter(crm=CRM)
    for table, word in ACTIVITIES.items():
        assert_same(lake, table, "activity", activities.filter(type=word), {})


def assert_same(
    lake: Lake, table: str, kind: str, truth: pl.DataFrame, amounts: dict[str, str]
) -> None:
    found = lake.current(CRM, entity_of(CRM, table))
    number = next(column for column in truth.columns if column.endswith("_n"))
    ids = {str(UUID(hashlib.md5(f"{kind}/{each}".encode()).hexdigest())) for each in truth[number]}
    assert set(found["id"]) == ids, table
    assert found.height == len(ids)
    for column, amount in amounts.items():
        assert found[column].sum() == pytest.approx(truth[amount].sum()), table


class Msal:
    """Microsoft's own login library as the credential of Microsoft's own Dataverse client."""

    def __init__(self, base_url: str, trusted: str) -> None:
        session = requests.Session()
        session.verify = trusted
        self._app = msal.ConfidentialClientApplication(
            credentials.CLIENT_ID,
            client_credential=credentials.CLIENT_SECRET,
            oidc_authority=f"{base_url}/{credentials.TENANT_ID}/v2.0",
            http_client=session,
        )

    def get_token(self, *scopes: str, **more: Any) -> AccessToken:
        token = self._app.acquire_token_for_client(list(scopes))
        assert "access_token" in token, token
        return AccessToken(token["access_token"], int(NOW.timestamp()) + token["expires_in"])


def test_microsofts_own_client_reads_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with over_tls(COMPANY, tmp_path) as (address, trusted):
        base_url = f"{address}/dynamics"
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", trusted)
        client = DataverseClient(base_url, Msal(base_url, trusted))
        found = [
            record
            for page in client.records.list_pages(
                "account", select=["name", "modifiedon"], filter="statecode eq 0",
                orderby=["name"], page_size=3, include_annotations="*",
            )
            for record in page
        ]  # fmt: skip
    names = [record["name"] for record in found]
    assert len(names) == 8
    assert names == sorted(names)
    assert datetime.fromisoformat(found[0]["modifiedon"]) == at("2026-11-01 08:00")
