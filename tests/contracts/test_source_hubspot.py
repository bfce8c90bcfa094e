"""HubSpot: search beyond its ceiling, archived and merged records, associations, deal history."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ingestion.auth import BearerToken
from ingestion.entity import DELETED, VERSION_AT
from ingestion.http import VendorClient
from ingestion.sandbox.vendors.hubspot import credentials, crm
from ingestion.sandbox.vendors.hubspot.marketing_tables import FORM_IDS
from ingestion.sources.hubspot import links, marketing, objects, settings
from tests.contracts.company_sandbox import (
    Lake,
    Totals,
    company_sandbox,
    entity_of,
    faulty,
    totals,
)
from tests.contracts.sandbox_server import (
    Rows,
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

HS = "hubspot"
HOUR = 3600
COMPANIES = ("companies",)
LINKS = ("deals", "deal_associations")
LISTED = ("companies", "contacts", "deals", "calls", "deal_history")
CHANGED_AT_ONCE = "2026-11-18 10:20"
COMPANY: Rows = {
    "users": [user(1, HS)],
    "accounts": [
        *(account(number, HS, "2026-11-01 08:00") for number in range(1, 5)),
        account(2, HS, "2026-11-18 10:30", is_deleted=True),
        account(3, HS, "2026-11-18 10:31", is_deleted=True, merged_into_n=1),
    ],
    "contacts": [contact(number, HS, "2026-11-02 08:00") for number in range(1, 4)],
    "opportunities": [
        *(opportunity(number, HS, "2026-11-04 08:00") for number in range(1, 4)),
        opportunity(1, HS, "2026-11-18 10:40", stage="Proposal", amount=1500.0),
        opportunity(2, HS, "2026-11-18 15:00", account_n=4),
        opportunity(3, HS, "2026-11-18 15:01", contact_n=None),
        opportunity(2, HS, "2026-11-20 15:00"),
    ],
    "leads": [
        *(lead(n, HS, f"2026-11-0{n} 08:00", lead_source="Webinar",
               created_at=at(f"2026-11-0{n} 08:00")) for n in range(1, 8)),
        lead(8, HS, "2026-11-18 10:35", lead_source="Webinar", created_at=at("2026-11-18 10:35")),
        lead(2, HS, "2026-11-18 10:36", lead_source="Webinar", status="Disqualified",
             created_at=at("2026-11-02 08:00")),
    ],
    "activities": [
        *(activity(n, HS, "call", f"2026-11-05 08:0{n}", opportunity_n=1) for n in range(1, 4)),
        *(activity(n, HS, "call", CHANGED_AT_ONCE, contact_n=1) for n in range(10, 35)),
        *(activity(n, HS, "call", f"2026-11-18 10:{n}") for n in range(41, 53)),
        *(activity(n, HS, "note", f"2026-11-18 10:{n}") for n in (10, 40)),
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
        lake.land(HS, only=LISTED)
        yield lake


def test_search_goes_on_beyond_its_ceiling(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """25 records share one instant and 12 follow: more than fits into searches of 10 records."""
    monkeypatch.setattr(objects, "SEARCH_CEILING", 10)
    monkeypatch.setattr(objects, "SEARCH_ROWS", 4)
    names = ("companies", "deals", "calls")
    lake.land(HS, only=names)
    lake.sandbox.advance(3600)
    assert lake.land(HS, only=names).tables["calls"].rows == 25 + 12
    at_once = Lake(lake.root / "once", lake.sandbox)
    at_once.land(HS, only=names)
    for entity in map(partial(entity_of, HS), names):
        assert_frame_equal(lake.current(HS, entity), at_once.current(HS, entity))


def test_archived_and_merged_records_become_tombstones_once(lake: Lake) -> None:
    lake.land(HS, only=COMPANIES)
    lake.sandbox.advance(3600)
    report = lake.land(HS, only=COMPANIES)
    assert report.tables["companies"].tombstones == 2
    lake.sandbox.advance(3600)
    assert lake.land(HS, only=COMPANIES).tables["companies"].tombstones == 0
    gone = lake.rows(HS, "companies").filter(DELETED)
    assert gone["id"].n_unique() == 2
    assert gone[VERSION_AT].min() >= at("2026-11-18 10:30")


def test_records_that_the_bin_has_forgotten_are_deleted_when_all_are_read_again(lake: Lake) -> None:
    lake.land(HS, only=COMPANIES)
    lake.sandbox.advance(100 * 24 * HOUR)
    with lake.sandbox.hubspot() as vendor:
        assert not vendor.get("/crm/v3/objects/companies?archived=true").json()["results"]
    assert lake.land(HS, only=COMPANIES).tables["companies"].tombstones == 2
    left = lake.current(HS, entity_of(HS, "companies"))["id"].to_list()
    assert left == ["20000000001", "20000000004"]
    assert lake.land(HS, only=COMPANIES).load_id is None


def test_winner_of_a_merge_names_the_records_it_took_in(lake: Lake) -> None:
    lake.land(HS, only=COMPANIES)
    lake.sandbox.advance(3600)
    lake.land(HS, only=COMPANIES)
    rows = lake.rows(HS, "companies")
    merged = rows.filter(pl.col("hs_merged_object_ids").is_not_null() & ~pl.col(DELETED))
    assert merged["hs_merged_object_ids"][-1] in rows.filter(DELETED)["id"].to_list()


def test_found_records_have_the_associations_of_listed_ones(lake: Lake) -> None:
    lake.land(HS, only=("calls", "deals"))
    lake.sandbox.advance(3600)
    lake.land(HS, only=("calls", "deals"))
    calls = lake.rows(HS, "calls")
    found = calls.filter(pl.col(VERSION_AT) == at(CHANGED_AT_ONCE))
    assert found["company_id"].null_count() == 0
    assert found["contact_id"].n_unique() == 1
    deals = lake.rows(HS, "deals").sort(VERSION_AT)
    assert deals["company_id"].null_count() == deals["contact_id"].null_count() == 0


def test_only_new_history_of_a_changed_deal_is_landed(lake: Lake) -> None:
    first = lake.land(HS, only=("deals", "deal_history"))
    lake.sandbox.advance(3600)
    report = lake.land(HS, only=("deals", "deal_history"))
    assert first.tables["deal_history"].rows == 9
    assert report.tables["deal_history"].rows == 2
    history = lake.rows(HS, "deal_history").filter(pl.col("property") == "amount")
    changed = history.filter(pl.col("changed_at") == at("2026-11-18 10:40"))
    assert [float(value) for value in changed["value"]] == [1500.0]


def test_long_lists_of_properties_are_read_by_batch(
    landed: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(objects, "URL_PROPERTIES", 10)
    other = Lake(tmp_path, landed.sandbox)
    other.land(HS, only=LISTED)
    for entity in map(partial(entity_of, HS), LISTED):
        assert_frame_equal(landed.current(HS, entity), other.current(HS, entity))


def test_unchanged_small_tables_are_not_landed_again(lake: Lake) -> None:
    small = ("owners", "teams", "pipelines", "pipeline_stages", "products", "email_campaigns")
    lake.land(HS, only=small)
    before = lake.rows(HS, "pipeline_stages").height
    lake.sandbox.advance(86_400)
    report = lake.land(HS, only=small)
    assert before == 6
    assert {name: report.tables[name].rows for name in small} == dict.fromkeys(small, 0)


def test_record_that_does_not_fit_is_set_aside(lake: Lake) -> None:
    for kind in ("malformed_record", "null_key"):
        other = Lake(lake.root / kind, lake.sandbox)
        report = faulty(other, HS, kind, only=COMPANIES, match="objects/companies", times=1)
        assert report.tables["companies"].rejects == 1


def test_time_of_the_account_is_kept_to_the_millisecond(landed: Lake) -> None:
    contacts = landed.rows(HS, "contacts").filter(pl.col("lead_source").is_null())
    stamps = contacts["updated_at"].to_list()
    assert set(stamps) == {datetime(2026, 11, 2, 8, tzinfo=UTC)}


def associated(lake: Lake, deal: int, object_type: str) -> set[str]:
    found = lake.current(HS, entity_of(HS, "deal_associations")).filter(
        (pl.col("deal_id") == str(30_000_000_000 + deal)) & (pl.col("object_type") == object_type)
    )
    return set(found["object_id"])


def test_associations_arrive_and_go_once_a_day_though_no_date_moves(lake: Lake) -> None:
    lake.land(HS, only=LINKS)
    before = lake.current(HS, entity_of(HS, "deals"))
    company, other, person = "20000000001", "20000000004", "50000000001"
    assert set(before["company_id"]) == {company} and set(before["contact_id"]) == {person}
    assert associated(lake, 2, "companies") == {company}
    assert person in associated(lake, 3, "contacts")
    lake.sandbox.advance(HOUR)
    assert lake.land(HS, only=LINKS).tables["deals"].rows == 1
    lake.sandbox.advance(22 * HOUR)
    assert lake.land(HS, only=LINKS).load_id is None
    lake.sandbox.advance(HOUR)
    report = lake.land(HS, only=LINKS)
    assert (report.tables["deals"].rows, report.tables["deals"].tombstones) == (2, 0)
    assert report.tables["deal_associations"].tombstones == 2
    after = lake.current(HS, entity_of(HS, "deals"))
    assert after["company_id"].to_list() == [company, other, company]
    assert after["contact_id"][2] != person
    assert after["updated_at"][1:].to_list() == before["updated_at"][1:].to_list()
    assert associated(lake, 2, "companies") == {other}
    assert person not in associated(lake, 3, "contacts")
    lake.sandbox.advance(48 * HOUR)
    lake.land(HS, only=LINKS)
    assert lake.current(HS, entity_of(HS, "deals"))["company_id"][1] == company
    assert associated(lake, 2, "companies") == {company}
    assert lake.land(HS, only=LINKS).load_id is None


def test_associations_of_one_record_come_in_several_parts(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/crm/v4/associations/companies/deals/batch/read"
    client = VendorClient(
        name=HS,
        base_url=f"{lake.sandbox.base_url}/hubspot",
        auth=BearerToken(credentials.ACCESS_TOKEN),
        rate=settings.RATE,
    )
    whole = dict(links.associations(client, "companies", "deals", ["20000000001"]))
    monkeypatch.setattr(crm, "MOST_LINKS", 2)
    with lake.sandbox.hubspot() as vendor:
        [first] = vendor.post(path, json={"inputs": [{"id": "20000000001"}]}).json()["results"]
    assert len(first["to"]) == 2 < len(whole["20000000001"])
    parts = list(links.associations(client, "companies", "deals", ["20000000001"]))
    assert [link for _, part in parts for link in part] == whole["20000000001"]


def test_activity_that_the_search_shows_late_arrives_with_the_daily_revisit(lake: Lake) -> None:
    """A note of 10:10 is hidden while the cursor moves to 10:40, beyond the overlap."""
    lake.land(HS, only=("notes",))
    lake.sandbox.advance(HOUR)
    assert faulty(lake, HS, "late_row", only=("notes",), match="notes").tables["notes"].rows == 1
    lake.sandbox.advance(HOUR)
    assert lake.land(HS, only=("notes",)).load_id is None
    lake.sandbox.advance(24 * HOUR)
    assert lake.land(HS, only=("notes",)).tables["notes"].rows == 1


def test_of_old_submissions_no_more_than_a_page_is_read_again(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marketing, "SUBMISSION_ROWS", 2)
    asked: list[str] = []
    real = marketing.pages

    def counted(client: VendorClient, path: str, params: dict[str, Any]) -> Iterator[Any]:
        for page in real(client, path, params):
            asked.append(path)
            yield page

    monkeypatch.setattr(marketing, "pages", counted)
    forms = ("form_submissions",)
    first = lake.land(HS, only=forms).tables["form_submissions"].rows
    webinar = FORM_IDS[3]
    assert len([path for path in asked if path.endswith(webinar)]) == 4
    asked.clear()
    lake.sandbox.advance(HOUR)
    assert lake.land(HS, only=forms).tables["form_submissions"].rows == 1
    assert len([path for path in asked if path.endswith(webinar)]) == 1
    sent = lake.rows(HS, "form_submissions").filter(form_id=webinar).sort("submitted_at")
    assert first >= 7 and sent["email"][-1] == "lead8@acme.example"
    assert json.loads(sent["fields"][-1]) == {
        "company": "Acme", "email": "lead8@acme.example", "firstname": "Lee", "lastname": "Lead8",
    }  # fmt: skip


def test_who_leaves_a_list_leaves_the_lake_within_a_day(lake: Lake) -> None:
    names = ("lists", "list_memberships")
    lake.land(HS, only=names)
    lake.sandbox.advance(HOUR)
    report = lake.land(HS, only=names)
    assert report.tables["lists"].rows > 0 and report.tables["list_memberships"].rows == 0
    lake.sandbox.advance(24 * HOUR)
    assert lake.land(HS, only=names).tables["list_memberships"].tombstones == 1
    members = lake.current(HS, entity_of(HS, "list_memberships"))
    on_list = set(members.filter(list_id="1")["record_id"])
    assert on_list == {str(60_000_000_000 + n) for n in (1, 3, 4, 5, 6, 7, 8)}
    sizes = dict(lake.current(HS, entity_of(HS, "lists")).select("id", "size").rows())
    assert sizes["1"] == 7 and sizes["3"] == 8


def test_landed_records_are_those_of_the_vendor(tmp_path: Path) -> None:
    """After a first load, and after three steps with all kinds of bad moments."""
    with company_sandbox(tmp_path / "company") as sandbox:
        lake = Lake(tmp_path / "lake", sandbox)
        lake.land(HS, only=RECONCILED)
        reconcile(lake, sandbox)
        for hours in (1, 71, 600):
            sandbox.advance(hours * HOUR)
            for kind in ("rate_limit", "server_error", "truncated_page", "duplicate_record"):
                sandbox.fault(HS, kind, times=2, match="crm/")
            lake.land(HS, only=RECONCILED)
            sandbox.clear_faults()
        reconcile(lake, sandbox)
        deleted = {name for name in TRUTH if lake.rows(HS, name)[DELETED].any()}
        assert {"companies", "contacts", "tasks", "list_memberships"} <= deleted
        assert all(lake.rows(HS, f"{name}__rejects").is_empty() for name in RECONCILED)


# By entity: the sandbox's table, its key, the column to add up in the lake, and the same there.
TRUTH = {
    "companies": ("companies", "_key", "annualrevenue", "annualrevenue"),
    "contacts": ("contacts", "_key", "numemployees", "numemployees"),
    "deals": ("deals", "_key", "amount", "amount"),
    "line_items": ("line_items", "_key", "amount", "amount"),
    "products": ("products", "_key", "price", "price"),
    "goal_targets": ("goal_targets", "_key", "hs_target_amount", "hs_target_amount"),
    "calls": ("calls", "_key", "hs_call_duration", "hs_call_duration"),
    "emails": ("emails", "_key", None, None),
    "meetings": ("meetings", "_key", None, None),
    "notes": ("notes", "_key", None, None),
    "tasks": ("tasks", "_key", None, None),
    "owners": ("owners", "_key", None, None),
    "email_campaigns": ("email_campaigns", "_key", None, None),
    "marketing_events": ("marketing_events", "_key", "registrants", "registrants"),
    "form_submissions": ("form_submissions", "conversion_id", None, None),
    "list_memberships": ("list_memberships", "_key", None, None),
}
RECONCILED = (*TRUTH, "deal_associations", "email_events", "lists")


def reconcile(lake: Lake, sandbox: Sandbox) -> None:
    """How many, which ones and how much: the lake's current records against the sandbox's."""
    for name, (table, key, measure, there) in TRUTH.items():
        landed = lake.current(HS, entity_of(HS, name))
        if name == "list_memberships":
            landed = landed.with_columns(id=pl.concat_str("list_id", "record_id", separator="-"))
        assert totals(landed, "id", measure) == totals(truth(sandbox, table), key, there), name
    held = lake.current(HS, entity_of(HS, "deal_associations"))
    shown = held.with_columns(pair=pl.concat_str("deal_id", "object_id", separator="-"))
    assert totals(shown, "pair") == associations_of(sandbox)
    assert shown.height > lake.current(HS, entity_of(HS, "deals")).height * 2
    events = lake.current(HS, entity_of(HS, "email_events"))
    assert events.height == truth(sandbox, "email_events").height
    sizes = lake.current(HS, entity_of(HS, "lists"))
    assert sizes["size"].sum() == truth(sandbox, "list_memberships").height > 0


def truth(sandbox: Sandbox, table: str) -> pl.DataFrame:
    """Live records of a table of the sandbox at its clock."""
    assert sandbox.world is not None
    store = sandbox.world.store
    rows = store.fetch(f"select * from {store.current(f'{HS}.{table}')}")
    gone = [name for name in ("_archived", "_merged", "_deleted") if name in rows.columns]
    return rows.filter(~pl.any_horizontal(False, *gone))


def associations_of(sandbox: Sandbox) -> Totals:
    """Deals with their company, their main contact and the live ones that take part."""
    deals = truth(sandbox, "deals")
    main = [
        deals.select(deal=pl.col("_key"), other=pl.col(column)).drop_nulls()
        for column in ("_companies", "_contacts")
    ]
    more = truth(sandbox, "deals_contacts").select(
        deal=pl.col("deals").cast(pl.String), other=pl.col("contacts").cast(pl.String)
    )
    live = more.join(deals, left_on="deal", right_on="_key", how="semi").join(
        truth(sandbox, "contacts"), left_on="other", right_on="_key", how="semi"
    )
    pairs = pl.concat([*main, live]).unique()
    return totals(pairs.with_columns(pair=pl.concat_str("deal", "other", separator="-")), "pair")
