"""Pipedrive: names of custom fields, deletes and their sweep, conversions, history, limits."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests
from polars.testing import assert_frame_equal

from ingestion.catalog import entities
from ingestion.entity import DELETED, VERSION_AT
from ingestion.http import VendorClient, VendorError
from ingestion.sandbox.__main__ import history_start
from ingestion.sandbox.company.simulation import simulate
from ingestion.sandbox.company.tables import Company
from ingestion.sandbox.company.truth import state
from ingestion.sources.pipedrive import calls, deals
from ingestion.sources.pipedrive.fields import read_fields
from tests.contracts.company_sandbox import NOW, Lake, company_sandbox, entity_of, faulty
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

PD = "pipedrive"
HOUR = 3600
SCALE = 0.03
DELETABLE = ("organizations", "persons", "deals", "deal_products", "activities", "leads")
CONVERSION = {
    "status": "Converted", "is_converted": True, "converted_at": at("2026-11-18 10:35"),
    "converted_account_n": 1, "converted_contact_n": 7, "converted_opportunity_n": 5,
}  # fmt: skip
COMPANY: Rows = {
    "users": [user(1, PD, region_name="LATAM"), user(2, PD, role="Manager", region_name="LATAM")],
    "accounts": [
        *(account(n, PD, "2026-11-01 08:00", segment="Enterprise") for n in range(1, 4)),
        account(4, PD, "2026-11-01 08:00", name="日本貿易株式会社"),
        account(2, PD, "2026-11-18 10:30", is_deleted=True),
        account(3, PD, "2026-11-18 10:31", is_deleted=True, merged_into_n=1),
    ],
    "contacts": [
        *(contact(n, PD, "2026-11-02 08:00", account_n=3) for n in range(1, 4)),
        contact(7, PD, "2026-11-18 10:35", email="lead1@acme.example"),
    ],
    "leads": [
        *(lead(n, PD, "2026-11-03 08:00", industry="Retail", employees=40) for n in (1, 2, 3)),
        lead(1, PD, "2026-11-18 10:35", industry="Retail", employees=40, **CONVERSION),
        lead(2, PD, "2026-11-18 10:36", is_deleted=True),
    ],
    "opportunities": [
        *(opportunity(n, PD, "2026-11-04 08:00", account_n=3, lead_source="Partner",
                      created_at=at("2026-11-04 08:00")) for n in (1, 2, 3)),
        opportunity(17, PD, "2026-11-04 08:00", created_at=at("2026-11-04 08:00")),
        opportunity(17, PD, "2026-11-05 08:00", created_at=at("2026-11-04 08:00"), is_closed=True,
                    stage="Closed Lost", close_date=date(2026, 11, 5), loss_reason="Price"),
        opportunity(1, PD, "2026-11-18 10:40", account_n=3, stage="Proposal", amount=1500.0,
                    lead_source="Partner", created_at=at("2026-11-04 08:00")),
        opportunity(2, PD, "2026-11-18 10:41", is_deleted=True),
        opportunity(5, PD, "2026-11-18 10:35", created_at=at("2026-11-18 10:35"), contact_n=7),
    ],
    "line_items": [
        {
            "line_item_n": n, "version_at": at(moment), "is_deleted": gone,
            "created_at": at("2026-11-04 08:00"), "opportunity_n": 1, "product_n": 1,
            "quantity": 2, "unit_price": 500.0, "currency_code": "USD", "crm": PD,
        }
        for n, moment, gone in (
            (1, "2026-11-04 08:00", False), (2, "2026-11-04 08:00", False),
            (2, "2026-11-18 10:40", True),
        )
    ],
    "activities": [
        *(activity(n, PD, "call", f"2026-11-05 08:0{n}") for n in range(1, 4)),
        activity(3, PD, "call", "2026-11-18 10:50", is_deleted=True),
        activity(4, PD, "meeting", "2026-11-18 10:50", duration_seconds=5400),
    ],
}  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(COMPANY) as sandbox:
        yield Lake(tmp_path, sandbox)


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake landed once; its sandbox's clock stands still."""
    with serve(COMPANY) as sandbox:
        lake = Lake(tmp_path_factory.mktemp("landed"), sandbox)
        lake.land(PD, only=("organizations", "deals", "deal_history", "leads"))
        yield lake


def live(lake: Lake, name: str) -> pl.DataFrame:
    return lake.current(PD, entity_of(PD, name))


def test_custom_fields_have_their_names_and_options_their_labels(landed: Lake) -> None:
    first = live(landed, "organizations").row(0, named=True)
    assert (first["segment"], first["employees"], first["annual_revenue"]) == (
        "Enterprise", 10, 1000.5,
    )  # fmt: skip
    assert set(json.loads(first["custom_fields"])) == {"Support plan"}
    assert "日本貿易株式会社" in live(landed, "organizations")["name"].to_list()
    deal = live(landed, "deals").filter(pl.col("id") == "1").row(0, named=True)
    assert (deal["channel_name"], deal["opportunity_type"]) == ("Partner", "New Business")
    assert live(landed, "leads")["industry"].unique().to_list() == ["Retail"]


def test_fields_of_one_name_are_told_apart_by_their_keys() -> None:
    codes = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)

    class Fields:
        def get_json(self, path: str, params: dict[str, int]) -> object:
            named = zip(codes, ("Region", "Tier", "Tier", "Owner id"), strict=True)
            found = [
                {"field_code": code, "field_name": name, "is_custom_field": True}
                for code, name in named
            ]
            return {"success": True, "data": [*found, found[0]], "additional_data": {}}

    book = read_fields(Fields(), "organizationFields", entity_of(PD, "organizations"))  # type: ignore[arg-type]
    row = book.values(dict(zip(codes, ("LATAM", "A", "B", "me"), strict=True)))
    assert (row["region"], row.get("owner_id")) == ("LATAM", None)
    assert json.loads(row["custom_fields"]) == {
        "Tier (bbbbbbbb)": "A",
        "Tier (cccccccc)": "B",
        "Owner id": "me",
    }


def test_archived_deals_are_landed_too(landed: Lake) -> None:
    archived = live(landed, "deals").filter("is_archived")
    assert archived["id"].to_list() == ["17"]
    history = landed.rows(PD, "deal_history").filter(pl.col("deal_id") == "17")
    assert {"status", "close_time", "lost_reason"} <= set(history["field_key"])


def test_deletes_become_tombstones_once(lake: Lake) -> None:
    lake.land(PD, only=DELETABLE)
    lake.sandbox.advance(HOUR)
    report = lake.land(PD, only=DELETABLE)
    gone = {name: table.tombstones for name, table in report.tables.items() if table.tombstones}
    assert gone == {
        "organizations": 2, "persons": 1, "deals": 1, "activities": 1, "leads": 2,
    }  # fmt: skip
    assert lake.land(PD, only=DELETABLE).load_id is None
    deal = lake.rows(PD, "deals").filter(DELETED)
    assert deal[VERSION_AT].to_list() == [at("2026-11-18 10:41")]


def test_a_merge_moves_links_and_so_the_cursor(lake: Lake) -> None:
    lake.land(PD, only=("organizations", "persons", "deals"))
    lake.sandbox.advance(HOUR)
    lake.land(PD, only=("organizations", "persons", "deals"))
    survivor = live(lake, "organizations")["id"].to_list()[0]
    assert set(live(lake, "persons")["org_id"].drop_nulls()) == {survivor}
    moved = live(lake, "deals").filter(pl.col("id") == "3")
    assert moved["org_id"].to_list() == [survivor]


def test_the_daily_sweep_finds_what_recent_changes_have_forgotten(lake: Lake) -> None:
    """Forty days later neither the list of deleted deals nor the recent changes tell any more."""
    lake.land(PD)
    lake.sandbox.advance(40 * 24 * HOUR)
    report = lake.land(PD)
    gone = {name: table.tombstones for name, table in report.tables.items() if table.tombstones}
    assert gone == {
        "organizations": 2, "persons": 1, "deals": 1, "activities": 1, "leads": 2,
        "deal_products": 1,
    }  # fmt: skip
    at_once = Lake(lake.root / "once", lake.sandbox)
    at_once.land(PD)
    for entity in entities(PD):
        assert_frame_equal(lake.current(PD, entity), at_once.current(PD, entity))


def test_a_record_that_is_committed_late_is_not_missed(lake: Lake) -> None:
    """Of two activities of one second the second shows only after the cursor has passed it."""
    lake.land(PD, only=("activities",))
    lake.sandbox.advance(HOUR)
    report = faulty(lake, PD, "late_row", only=("activities",), match="v2/activities")
    assert report.tables["activities"].rows + report.tables["activities"].tombstones < 2
    lake.land(PD, only=("activities",))
    assert live(lake, "activities")["id"].to_list() == ["1", "2", "4"]


def test_a_converted_lead_is_named_by_its_deal(lake: Lake) -> None:
    lake.land(PD, only=("leads", "deals"))
    before = set(live(lake, "leads")["id"])
    lake.sandbox.advance(HOUR)
    lake.land(PD, only=("leads", "deals"))
    deal = live(lake, "deals").filter(pl.col("id") == "5").row(0, named=True)
    assert deal["source_lead_id"] in before
    assert deal["source_lead_id"] not in set(live(lake, "leads")["id"])
    assert deal["lead_created_at"] == at("2026-03-01")
    assert (deal["industry"], deal["employees"]) == ("Retail", 40)


def test_history_costs_a_call_for_each_changed_deal(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = deals.cursor_pages

    def counted(client: VendorClient, path: str, params: dict[str, Any]) -> Iterator[Any]:
        asked.append(path)
        return real(client, path, params)

    monkeypatch.setattr(deals, "cursor_pages", counted)
    lake.land(PD, only=("deals", "deal_history"))
    assert [path for path in asked if "changelog" in path] == ["/api/v1/deals/17/changelog"]
    asked.clear()
    lake.sandbox.advance(HOUR)
    report = lake.land(PD, only=("deals", "deal_history"))
    # Deal 3 changed by the merge of its organization, 17 lies in the overlap, 5 is new.
    assert sorted(path for path in asked if "changelog" in path) == [
        "/api/v1/deals/1/changelog", "/api/v1/deals/17/changelog",
        "/api/v1/deals/3/changelog",
    ]  # fmt: skip
    assert report.tables["deal_history"].rows == 2
    history = lake.rows(PD, "deal_history").filter(pl.col("deal_id") == "1")
    values = history.select("field_key", "old_value", "new_value").rows()
    assert set(values) == {("stage_id", "1", "3"), ("value", "1000.0", "1500.0")}


def test_leads_that_move_between_pages_are_not_lost(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record is deleted between two pages by position: all behind it move forward."""
    there = list(range(10))

    class Moving:
        def get_json(self, path: str, params: dict[str, int]) -> object:
            shown = there[params["start"] : params["start"] + params["limit"]]
            more = params["start"] + params["limit"] < len(there)
            if params["start"] == 0:
                there.remove(0)
            return {"success": True, "data": shown, "additional_data": {
                "pagination": {"more_items_in_collection": more}}}  # fmt: skip

    monkeypatch.setattr(calls, "OVERLAP_ROWS", 1)
    seen = {n for page in calls.position_pages(Moving(), "", {"limit": 4}) for n in page}  # type: ignore[arg-type]
    assert seen == set(range(10))


def test_an_answer_that_failed_with_status_200_is_an_error() -> None:
    with pytest.raises(VendorError, match="leads was not successful: No such"):
        calls.data_of({"success": False, "error": "No such thing", "data": []}, "leads")


def test_a_spent_daily_budget_ends_the_run_a_spent_burst_does_not(lake: Lake) -> None:
    lake.sandbox.fault(PD, "quota_exhausted")
    spent = lake.land(PD, only=DELETABLE)
    assert spent.used_up_until == at("2026-11-19") and spent.unfinished
    assert lake.land(PD, only=DELETABLE).unfinished == set(DELETABLE)
    lake.sandbox.advance(14 * HOUR)
    assert lake.land(PD, only=DELETABLE).used_up is None
    burst = requests.Response()
    burst.status_code = 429
    burst.headers.update({"x-ratelimit-reset": "2", "x-daily-ratelimit-token-remaining": "999"})
    assert calls.judge(burst).wait_seconds == 2
    other = Lake(lake.root / "burst", lake.sandbox)
    assert faulty(other, PD, "rate_limit", only=("deals",), times=2).load_id


def test_record_that_does_not_fit_is_set_aside(lake: Lake) -> None:
    report = faulty(lake, PD, "malformed_record", only=("deals",), match="v2/deals?", field="value")
    assert report.tables["deals"].rejects >= 1
    other = Lake(lake.root / "key", lake.sandbox)
    report = faulty(other, PD, "null_key", only=("persons",), match="v2/persons")
    assert report.tables["persons"].rejects == 1


def test_landed_records_are_those_of_the_company(tmp_path: Path) -> None:
    """After a first load, and after three steps with all kinds of bad moments."""
    steps = (1, 90, 700)
    until = NOW + timedelta(hours=sum(steps))
    company = simulate(7, SCALE, history_start(NOW), until)
    with company_sandbox(tmp_path / "company", scale=SCALE) as sandbox:
        lake = Lake(tmp_path / "lake", sandbox)
        lake.land(PD)
        reconcile(lake, company)
        for hours in steps:
            sandbox.advance(hours * HOUR)
            for kind in ("rate_limit", "server_error", "truncated_page", "duplicate_record"):
                sandbox.fault(PD, kind, times=2, match="v2/")
            lake.land(PD)
            sandbox.clear_faults()
        lake.land(PD)
        reconcile(lake, company)
        assert all(lake.rows(PD, entity.rejects_name).is_empty() for entity in entities(PD))


def reconcile(lake: Lake, company: Company) -> None:
    """Ids and sums of the landed records against the company's own log at the clock."""

    def truth(name: str) -> pl.DataFrame:
        return state(company, name, lake.now()).filter(pl.col("crm") == PD)

    for name, entity, base in (
        ("users", "users", 21_000_000), ("accounts", "organizations", 100_000),
        ("opportunities", "deals", 0), ("activities", "activities", 0),
        ("line_items", "deal_products", 0),
    ):  # fmt: skip
        key = truth(name).columns[0]
        wanted = set((truth(name)[key] + base).cast(pl.String))
        assert wanted == set(live(lake, entity)["id"]) and wanted, entity
    deals = live(lake, "deals")
    assert deals["value"].sum() == pytest.approx(truth("opportunities")["amount"].sum())
    named = deals.filter(pl.col("source_lead_id").is_not_null())["source_lead_id"]
    assert live(lake, "leads").height + named.n_unique() == truth("leads").height
    reps = truth("users")["user_n"].implode()
    quotas = state(company, "quotas", lake.now()).filter(pl.col("user_n").is_in(reps))
    assert live(lake, "goals")["target"].sum() == pytest.approx(quotas["amount"].sum())
