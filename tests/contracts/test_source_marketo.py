"""Marketo: errors with status 200, exports, merges and deletes, the log's odd pages, costs."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import SecretStr

from ingestion.catalog import entities
from ingestion.entity import DELETED, VERSION_AT
from ingestion.feed import Feed
from ingestion.http import Patience, SourceDownError
from ingestion.landing import LandingReport
from ingestion.sandbox.__main__ import history_start
from ingestion.sandbox.clock import Beginning
from ingestion.sandbox.store import Store
from ingestion.sandbox.vendors import vendors
from ingestion.sandbox.vendors.marketo import activities as sandbox_activities
from ingestion.sandbox.vendors.marketo import bulk as sandbox_bulk
from ingestion.sandbox.vendors.marketo import credentials
from ingestion.sandbox.world import AHEAD, Frames
from ingestion.sources.marketo import activities, build_source, leads
from ingestion.sources.marketo.settings import ACTIVITY_TYPE_IDS, NEW_LEAD, Connection
from tests.contracts.company_sandbox import (
    NOW,
    Lake,
    company_sandbox,
    entity_of,
    faulty,
    impatient,
    simulated,
)
from tests.contracts.marketo_company import (
    CONTACT_1,
    HARD_NAME,
    LEAD_1,
    LEAD_2,
    LEAD_3,
    LEAD_5,
    PROGRAM,
    ROWS,
    login,
)
from tests.contracts.sandbox_server import Sandbox, at, serve
from tests.unit.scripted_server import Reply, scripted_server

MK = "marketo"
DAY = 86_400
REGION = "North America"
SCALE = 0.01
LOST_DAYS = 20
PEOPLE, LOG = ("leads",), ("activities",)
PEOPLE_AND_LOG = (*PEOPLE, *LOG)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with serve(ROWS) as sandbox:
        yield Lake(tmp_path, sandbox)


def feeds(base_url: str, patience: Patience | None = None) -> Mapping[str, Feed]:
    connection = Connection(
        base_url=base_url,
        client_id=credentials.CLIENT_ID,
        client_secret=SecretStr(credentials.CLIENT_SECRET),
    )
    built = build_source(
        connection,
        clock=lambda: datetime(2026, 11, 18, 10, tzinfo=UTC),
        patience=patience or impatient(),
    )
    return {feed.entity.name: feed for feed in built}


def current(lake: Lake, name: str) -> pl.DataFrame:
    return lake.current(MK, entity_of(MK, name))


@dataclass(frozen=True)
class Story:
    """A lake landed, landed an hour later, and another hour later; and what it held at first."""

    lake: Lake
    before: Mapping[str, pl.DataFrame]
    reports: tuple[LandingReport, ...]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with serve(ROWS) as sandbox:
        lake = Lake(tmp_path_factory.mktemp("story"), sandbox)
        reports = [lake.land(MK)]
        before = {entity.name: current(lake, entity.name) for entity in entities(MK)}
        for _ in range(2):
            sandbox.advance(3600)
            reports.append(lake.land(MK))
        yield Story(lake, before, tuple(reports))


def test_first_load_has_people_activities_and_programs(story: Story) -> None:
    leads = story.before["leads"].to_dicts()
    assert [int(lead["id"]) for lead in leads] == [LEAD_1, CONTACT_1, LEAD_2, LEAD_3, LEAD_5]
    first = leads[0]
    assert (first["title"], first["lead_score"], first["unsubscribed"]) == ("CFO", 25, False)
    assert first["phone"] is None
    assert first["updated_at"] == at("2026-10-01")
    by_type = dict(story.before["activities"]["activity_type_id"].value_counts().rows())
    assert by_type == {1: 2, 2: 1, 6: 2, 7: 1, 8: 1, 10: 1, 11: 1, 12: 5, 22: 2, 104: 2}


def test_text_in_any_script_survives_files_and_pages(story: Story) -> None:
    exported = story.before["leads"]
    assert exported["company"][0] == HARD_NAME
    assert exported["first_name"][1] == "李"
    assert story.lake.rows(MK, "leads__rejects").is_empty()
    own = {json.loads(text)["productInterest"] for text in exported["custom_fields"].drop_nulls()}
    assert own == {"Forecasting, 予測", "Coaching"}
    paged = story.lake.rows(MK, "leads").filter(id=str(LEAD_1)).sort(VERSION_AT)
    assert paged["title"].to_list()[-1] == "CEO"
    assert paged["company"].unique().to_list() == [HARD_NAME]
    assert paged["custom_fields"].n_unique() == 1


def test_deleted_and_merged_leads_become_tombstones_once(story: Story) -> None:
    _, report, quiet = story.reports
    assert report.tables["leads"].tombstones == 2
    assert report.tables["deleted_leads"].rows == 1
    gone = story.lake.rows(MK, "leads").filter(DELETED).sort("id")
    assert gone["id"].to_list() == [str(LEAD_2), str(LEAD_3)]
    assert gone["merged_into_id"].to_list() == [None, str(LEAD_1)]
    assert gone[VERSION_AT].to_list() == [at("2026-11-18 10:30"), at("2026-11-18 10:40")]
    assert quiet.load_id is None


def test_changes_of_a_lead_are_found_by_its_activities(story: Story) -> None:
    first, _, last = current(story.lake, "leads").sort("id").to_dicts()
    assert (first["title"], first["lead_score"], first["unsubscribed"]) == ("CEO", 45, True)
    assert (last["lead_status"], last["email_invalid"]) == ("Working", True)


def test_members_follow_their_status(story: Story) -> None:
    before = story.before["program_members"]
    assert before.select("program_id", "lead_id", "status_name", "reached_success").rows() == [
        (str(PROGRAM), str(LEAD_1), "Sent", False),
        (str(PROGRAM), str(LEAD_3), "Sent", False),
    ]
    after = current(story.lake, "program_members").to_dicts()[0]
    assert (after["status_name"], after["reached_success"]) == ("Responded", True)
    assert after["membership_date"] == at("2026-09-10")
    assert after["updated_at"] == at("2026-11-18 10:15")


def test_costs_of_a_changed_program_are_read_again(story: Story) -> None:
    for costs, known in ((story.before["program_costs"], [10, 20]),
                         (current(story.lake, "program_costs"), [10, 25])):  # fmt: skip
        [text] = costs["costs"]
        assert [cost["cost"] for cost in json.loads(text)] == known
    assert [report.tables["program_costs"].rows for report in story.reports] == [1, 1, 0]


def test_exports_and_pages_bring_the_same_activities(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.land(MK, only=LOG)
    monkeypatch.setattr(activities, "BULK_FROM_PAGES", 1)
    monkeypatch.setattr(sandbox_activities, "MOST_ROWS", 3)
    exported = Lake(lake.root / "bulk", lake.sandbox)
    exported.land(MK, only=LOG)
    entity = entity_of(MK, "activities")
    assert_frame_equal(lake.current(MK, entity), exported.current(MK, entity))
    assert exported.rows(MK, "activities").height == lake.rows(MK, "activities").height


def test_empty_pages_do_not_end_the_log(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_activities, "STRETCH", 1)
    lake.land(MK, only=LOG)
    assert lake.rows(MK, "activities").height == 18


def test_deletes_are_found_after_the_feed_has_forgotten_them(lake: Lake) -> None:
    lake.land(MK, only=("leads", "deleted_leads"))
    lake.sandbox.advance(LOST_DAYS * DAY)
    report = lake.land(MK, only=("leads", "deleted_leads"))
    assert report.tables["deleted_leads"].rows == 0
    assert report.tables["leads"].tombstones == 2


def test_deletes_that_the_log_does_not_have_are_found_in_the_feed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leads, "LEAD_CHANGE_IDS", (NEW_LEAD,))
    lake.land(MK, only=PEOPLE)
    lake.sandbox.advance(3600)
    assert lake.land(MK, only=PEOPLE).tables["leads"].tombstones == 1
    assert lake.rows(MK, "leads").filter(DELETED)["id"].to_list() == [str(LEAD_2)]


def test_token_that_ends_in_the_middle_is_renewed(lake: Lake) -> None:
    report = faulty(lake, MK, "token_expiry", only=PEOPLE_AND_LOG, skip=5)
    assert report.tables["leads"].rows == 5


@pytest.mark.parametrize("kind", ["rate_limit", "server_error"])
def test_transient_codes_are_asked_again(lake: Lake, kind: str) -> None:
    assert faulty(lake, MK, kind, only=PEOPLE, times=3).tables["leads"].rows == 5


def test_used_up_day_ends_the_run_and_says_until_when(lake: Lake) -> None:
    lake.sandbox.fault(MK, "quota_exhausted", match="pagingtoken", times=50)
    used_up = lake.land(MK, only=PEOPLE_AND_LOG)
    assert "calls of the day are used up until midnight US" in (used_up.used_up or "")
    assert used_up.used_up_until == at("2026-11-19 06:00")
    lake.sandbox.clear_faults()
    assert lake.land(MK, only=PEOPLE_AND_LOG).load_id is None
    lake.sandbox.advance(21 * 3600)
    assert lake.land(MK, only=PEOPLE_AND_LOG).used_up is None
    fresh = Lake(lake.root / "fresh", lake.sandbox)
    fresh.land(MK, only=PEOPLE_AND_LOG)
    leads = entity_of(MK, "leads")
    assert_frame_equal(lake.current(MK, leads), fresh.current(MK, leads))


def test_missing_permission_is_said_in_words() -> None:
    denied = {"success": False, "errors": [{"code": "603", "message": "Access denied"}]}
    header = {"Content-Type": "application/json"}
    with scripted_server() as server:
        server.replies.append(Reply(200, {"access_token": "token-x"}, header))
        server.otherwise = Reply(200, denied, header)
        with pytest.raises(Exception, match="role of the API user"):
            list(feeds(server.url)["activity_types"].read(None))
        assert "Authorization" in server.asked[-1].headers
        assert all("token" not in value for value in server.asked[-1].query.values())


def test_record_that_does_not_fit_is_set_aside(lake: Lake) -> None:
    for kind in ("malformed_record", "null_key"):
        other = Lake(lake.root / kind, lake.sandbox)
        report = faulty(other, MK, kind, only=PEOPLE, match="file.json", times=1)
        assert sum(table.rejects for table in report.tables.values()) == 1


def test_strange_dates_do_not_end_the_run(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities, "BULK_FROM_PAGES", 1)
    lake.sandbox.fault(MK, "malformed_record", match="_method=GET", field="createdAt")
    lake.sandbox.fault(MK, "slow_page", match="leads/export/create", times=1_000, seconds=0)
    lake.sandbox.fault(MK, "malformed_record", match="activities.json", field="activityDate")
    report = lake.land(MK, only=PEOPLE_AND_LOG)
    fired = lake.sandbox.admin.get("/_sandbox/faults").json()["fired"]
    # A month in an export, from the oldest lead whose date can be read.
    assert fired == {f"{MK}.malformed_record": 2, f"{MK}.slow_page": 3}
    assert report.tables["leads"].rows == 5
    assert (report.tables["activities"].rejects, report.tables["activities"].rows) == (1, 17)


def test_export_waits_for_its_turn_in_a_full_queue(lake: Lake) -> None:
    """Each time our export waits, the job of another service is done."""
    span = {"startAt": "2026-08-25T00:00:00Z", "endAt": "2026-09-20T00:00:00Z"}
    body = {"fields": ["id"], "filter": {"createdAt": span}}
    lock = threading.Lock()
    with login(lake.sandbox) as client:
        others = []
        for _ in range(10):
            answer = client.post("/bulk/v1/leads/export/create.json", json=body).json()
            path = f"/bulk/v1/leads/export/{answer['result'][0]['exportId']}"
            client.post(f"{path}/enqueue.json")
            others.append(path)

        slept: list[float] = []

        def sleep(seconds: float) -> None:
            with lock:
                slept.append(seconds)
                if seconds >= 60:
                    client.get(f"{others.pop()}/status.json")

        patience = Patience(sleep=sleep)
        pages = list(feeds(f"{lake.sandbox.base_url}/marketo", patience)["leads"].read(None))
    assert sum(page.num_rows for page in pages if not isinstance(page, list)) == 5
    assert max(slept) >= 60
    assert len(others) < 10


def test_used_up_megabytes_leave_activities_to_the_log_and_stop_leads(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(activities, "BULK_FROM_PAGES", 1)
    monkeypatch.setattr(sandbox_activities, "MOST_ROWS", 3)
    monkeypatch.setattr(sandbox_bulk, "DAILY_BYTES", 0)
    found = feeds(f"{lake.sandbox.base_url}/marketo")
    guids = {row["marketo_guid"] for page in found["activities"].read(None) for row in page}
    assert len(guids) == 18
    assert "read page by page instead" in caplog.text
    with pytest.raises(SourceDownError, match="megabytes of the day are used up"):
        list(found["leads"].read(None))


def test_late_row_within_the_overlap_is_not_lost(tmp_path: Path) -> None:
    rows = {
        **ROWS,
        "email_events": [
            {"event_n": number, "email_campaign_n": 1, "recipient": "lead5@acme.example",
             "type": "OPEN", "occurred_at": at(f"2026-11-18 09:{minute}")}
            for number, minute in ((1, "10"), (2, "30"), (3, "50"), (4, "55"))
        ],
    }  # fmt: skip
    with serve(rows) as sandbox:
        lake = Lake(tmp_path, sandbox)
        faulty(lake, MK, "late_row", only=LOG, match="activityTypeIds=1%2C2")
        assert lake.rows(MK, "activities").filter(activity_type_id=10).height == 3
        sandbox.advance(1800)
        lake.land(MK, only=LOG)
        assert lake.rows(MK, "activities").filter(activity_type_id=10).height == 4


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Frames]]:
    """A sandbox over the simulated company, and the company's own tables."""
    with company_sandbox(tmp_path_factory.mktemp("company"), scale=SCALE) as sandbox:
        yield sandbox, simulated(Beginning(7, SCALE, history_start(NOW)), NOW + AHEAD)


def latest(frame: pl.DataFrame, key: str | list[str], now: datetime) -> pl.DataFrame:
    known = frame.filter(pl.col("version_at") <= now)
    return known.sort("version_at").unique(key, keep="last")


def booked(daily: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Reports of a day reach a program's costs together, with the last of them."""
    report = ["campaign_n", pl.col("date").dt.truncate("1mo"), pl.col("version_at").dt.date()]
    return daily.filter(pl.col("version_at").max().over(report) <= now)


def expected(frames: Frames, now: datetime) -> dict[str, Any]:
    """What Marketo must know at an instant, from the company's tables."""
    leads = latest(frames["leads"], "lead_n", now).filter(region_name=REGION)
    here = frames["accounts"].filter(region_name=REGION)["account_n"].unique()
    converted = frames["leads"]["converted_contact_n"].drop_nulls().unique()
    contacts = latest(frames["contacts"], "contact_n", now)
    dead_contacts = contacts.filter("is_deleted")["contact_n"]
    plain = contacts.filter(
        pl.col("account_n").is_in(here.implode()) & ~pl.col("contact_n").is_in(converted.implode())
    )
    alive = leads.filter(
        ~pl.col("is_deleted")
        & ~pl.col("converted_contact_n").is_in(dead_contacts.implode()).fill_null(False)
    )
    members = latest(frames["campaign_members"], "member_n", now).join(
        alive.select("lead_n"), on="lead_n"
    )
    spend = latest(booked(frames["campaign_daily"], now), ["campaign_n", "date"], now)
    months = spend.group_by("campaign_n", pl.col("date").dt.truncate("1mo")).agg(pl.sum("cost"))
    mailings = frames["email_campaigns"]
    mails = frames["email_events"].filter(pl.col("occurred_at") <= now)
    people = pl.concat([leads["email"], contacts.filter(
        pl.col("account_n").is_in(here.implode()))["email"]]).str.to_lowercase()  # fmt: skip
    return {
        "leads": alive.height + plain.filter(~pl.col("is_deleted")).height,
        "statuses": dict(alive["status"].value_counts().rows()),
        "gone": leads.height - alive.height + plain.filter("is_deleted").height,
        "members": members.height,
        "responded": members.filter(status="Responded").height,
        "programs": latest(frames["campaigns"], "campaign_n", now)["name"].sort().to_list(),
        "cost": int(months["cost"].round(0).sum()),
        "sent": mails.filter(
            pl.col("recipient").str.to_lowercase().is_in(people.implode()), type="SENT"
        ).height,
        "emails": mailings.filter(pl.col("sent_at") - timedelta(days=2) <= now).height,
        "smart_campaigns": mailings.filter(pl.col("sent_at") - timedelta(days=1) <= now).height,
    }  # fmt: skip


def landed(lake: Lake) -> dict[str, Any]:
    leads, log = current(lake, "leads"), current(lake, "activities")
    costs = current(lake, "program_costs")["costs"]
    of_crm = leads.filter(pl.col("lead_status").is_not_null())
    members = current(lake, "program_members").join(
        leads.select(pl.col("id").alias("lead_id")), on="lead_id"
    )
    gone = log.filter(pl.col("activity_type_id").is_in([32, 37]))
    return {
        "leads": leads.height,
        "statuses": dict(of_crm["lead_status"].value_counts().rows()),
        "gone": gone.height,
        "members": members.height,
        "responded": members.filter(status_name="Responded").height,
        "programs": current(lake, "programs")["name"].sort().to_list(),
        "cost": sum(cost["cost"] for text in costs for cost in json.loads(text)),
        "sent": log.filter(activity_type_id=6).height,
        "emails": current(lake, "emails").height,
        "smart_campaigns": current(lake, "smart_campaigns").height,
    }


def test_lake_agrees_with_the_company_through_faults_and_time(
    months: tuple[Sandbox, Frames], tmp_path: Path
) -> None:
    sandbox, frames = months
    lake = Lake(tmp_path, sandbox)
    truth = Store(frames, {MK: vendors()[MK].tables}, lake.now)
    lake.land(MK)
    assert landed(lake) == expected(frames, lake.now())
    assert ids(lake) == true_ids(truth)
    for hours in (1, 240, 24 * LOST_DAYS):
        sandbox.advance(hours * 3600)
        kinds = ("rate_limit", "server_error", "truncated_page", "duplicate_record",
                 "token_expiry", "slow_page")  # fmt: skip
        for skip, kind in enumerate(kinds):
            match = "activities.json" if kind == "duplicate_record" else ""
            sandbox.fault(MK, kind, skip=skip, match=match, seconds=0.01)
        lake.land(MK)
        sandbox.clear_faults()
        assert landed(lake) == expected(frames, lake.now())
        assert ids(lake) == true_ids(truth)


def ids(lake: Lake) -> dict[str, list[str]]:
    """What is alive in the lake; of memberships those of living leads."""
    members = current(lake, "program_members").join(
        current(lake, "leads").select(pl.col("id").alias("lead_id")), on="lead_id"
    )
    return {
        "leads": current(lake, "leads")["id"].sort().to_list(),
        "activities": current(lake, "activities")["marketo_guid"].sort().to_list(),
        "programs": current(lake, "programs")["id"].sort().to_list(),
        "emails": current(lake, "emails")["id"].sort().to_list(),
        "smart_campaigns": current(lake, "smart_campaigns")["id"].sort().to_list(),
        "program_members": members.select(
            key=pl.format("{}-{}", "program_id", "lead_id")
        )["key"].sort().to_list(),
    }  # fmt: skip


def true_ids(truth: Store) -> dict[str, list[str]]:
    """The same from the sandbox's tables, without its API."""
    alive = {"leads": "not is_deleted", "program_members": "not is_deleted",
             "activities": f"type_id in {ACTIVITY_TYPE_IDS}"}  # fmt: skip
    names = ("leads", "activities", "programs", "emails", "smart_campaigns", "program_members")
    return {
        name: truth.fetch(
            f"select _key from {truth.current(f'{MK}.{name}')} where {alive.get(name, 'true')}"
        )["_key"].sort().to_list()
        for name in names
    }  # fmt: skip
