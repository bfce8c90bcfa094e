"""Eloqua: where an account lives, exports, late bouncebacks, deletes without a trace, assets."""

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from ingestion.catalog import entities
from ingestion.entity import DELETED, VERSION_AT
from ingestion.http import RefusedError, VendorClient
from ingestion.landing import LandingError, LandingReport
from ingestion.sandbox import credentials
from ingestion.sandbox.vendors.eloqua import access, bulk
from ingestion.sources.eloqua import activities, assets, contacts
from ingestion.sources.eloqua import exports as reading
from ingestion.sources.eloqua.pod import Pod, is_same_site
from ingestion.sources.eloqua.settings import BULK, Connection
from tests.contracts.company_sandbox import (
    Lake,
    entity_of,
    faulty,
    impatient,
)
from tests.contracts.eloqua_company import (
    HARD_NAME,
    KENTA,
    LEAD_1,
    LEAD_2,
    LEAD_3,
    LEAD_4,
    LEAD_6,
    OPENS,
    ROWS,
    exported,
    login,
)
from tests.contracts.sandbox_server import Sandbox, at, serve

ELOQUA = "eloqua"
HOUR = 3600
STEPS = {"first": 0, "before": 2699, "hour": 901, "day": 23 * HOUR, "week": 72 * HOUR}
CALLS, SWEEP_CALLS = 46, 6
DEFINITION = "areSystemTimestampsInUTC"
PEOPLE, EVENTS = ("contacts",), ("activities",)


@dataclass(frozen=True)
class Diary:
    """A lake landed again and again: what each landing brought, cost and left, by its name."""

    lake: Lake
    reports: dict[str, LandingReport]
    calls: dict[str, int]
    states: dict[str, dict[str, pl.DataFrame]]

    def versions(self, name: str, number: str) -> pl.DataFrame:
        rows = self.lake.rows(ELOQUA, name).filter(pl.col("id") == number)
        return rows.sort(VERSION_AT, "_loaded_at")


def current(lake: Lake, name: str) -> pl.DataFrame:
    return lake.current(ELOQUA, entity_of(ELOQUA, name))


def of_type(name: str) -> pl.Expr:
    return pl.col("activity_type") == name


def calls(lake: Lake, match: str, only: Collection[str]) -> int:
    """Calls of a landing that have this in their address or body."""
    lake.sandbox.fault(ELOQUA, "slow_page", match=match, times=9_999, seconds=0)
    lake.land(ELOQUA, only=only)
    fired = lake.sandbox.admin.get("/_sandbox/faults").json()["fired"]
    lake.sandbox.clear_faults()
    return int(fired.get(f"{ELOQUA}.slow_page", 0))


def pod_of(sandbox: Sandbox) -> Pod:
    values = credentials.connections(sandbox.base_url)[ELOQUA]
    return Pod(Connection.model_validate(values), impatient())


def fields_known(client: VendorClient) -> int:
    return int(client.get_json(f"{BULK}/contacts/fields")["totalResults"])


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox whose clock stands still."""
    with serve(ROWS) as running:
        yield running


@pytest.fixture
def lake(sandbox: Sandbox, tmp_path: Path) -> Lake:
    return Lake(tmp_path, sandbox)


@pytest.fixture(scope="module")
def diary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Diary]:
    with serve(ROWS) as sandbox:
        lake = Lake(tmp_path_factory.mktemp("diary"), sandbox)
        reports, cost, states = {}, {}, {}
        for step, seconds in STEPS.items():
            sandbox.advance(seconds)
            sandbox.fault(ELOQUA, "slow_page", times=9_999, seconds=0)
            reports[step] = lake.land(ELOQUA)
            cost[step] = sandbox.admin.get("/_sandbox/faults").json()["fired"]["eloqua.slow_page"]
            sandbox.clear_faults()
            states[step] = {each.name: lake.current(ELOQUA, each) for each in entities(ELOQUA)}
        yield Diary(lake, reports, cost, states)


def test_wrong_password_is_named_though_the_answer_has_status_200(lake: Lake) -> None:
    with pytest.raises(LandingError, match="check company, username and password"):
        lake.land(ELOQUA, only=PEOPLE, password="wrong-password")


def test_account_that_moves_is_followed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    pod = pod_of(sandbox)
    before = pod.ask(fields_known)
    monkeypatch.setattr(access, "POD", "p08")
    assert pod.ask(fields_known) == before > 0
    assert pod.ask(lambda client: client.base_url).endswith("/p08")


def test_refusal_that_stays_is_not_asked_about_for_ever(sandbox: Sandbox) -> None:
    pod = pod_of(sandbox)
    sandbox.fault(ELOQUA, "token_expiry", match="/fields", times=2)
    with pytest.raises(RefusedError, match="answered 401"):
        pod.ask(fields_known)
    sandbox.clear_faults()


def test_login_host_is_asked_once_a_run_and_again_after_a_refusal(lake: Lake) -> None:
    several = ("contacts", "campaigns", "emails")
    lake.sandbox.fault(ELOQUA, "token_expiry", match="/fields")
    assert calls(lake, "/login/id", several) == 2
    assert calls(lake, "/login/id", several) == 1


def test_credentials_go_to_the_login_hosts_own_site_alone() -> None:
    login_host = "https://login.eloqua.com"
    assert is_same_site("https://secure.p06.eloqua.com", login_host)
    assert not is_same_site("http://secure.p06.eloqua.com", login_host)
    assert not is_same_site("https://secure.p06.eloqua.com.example", login_host)


def test_values_arrive_as_they_are(diary: Diary) -> None:
    state = diary.states["first"]
    people = {row["id"]: row for row in state["contacts"].to_dicts()}
    assert people[KENTA]["first_name"] == "健太"
    assert people[LEAD_1]["company"] == HARD_NAME
    assert people[LEAD_1]["created_at"] == at("2026-11-01")
    assert (people[LEAD_1]["is_subscribed"], people[LEAD_1]["is_bounced"]) == (True, False)
    assert '"C_Product_Interest1"' in "".join(state["contacts"]["custom_fields"].drop_nulls())
    clicks = state["activities"].filter(of_type("EmailClickthrough"))
    assert clicks["activity_date"].to_list() == [at("2026-11-03 08:00")]
    campaigns = {row["id"]: row for row in state["campaigns"].to_dicts()}
    assert campaigns["5001"]["name"] == "検索 | Brand"
    assert campaigns["5001"]["start_at"] == at("2026-11-01")
    groups = {row["id"]: row for row in state["email_groups"].to_dicts()}
    assert groups["2"]["email_ids"] == '["417", "401"]'


def test_calls_of_a_run_are_bounded(diary: Diary) -> None:
    assert [diary.calls[step] for step in ("first", "before", "hour")] == 3 * [CALLS]
    assert [diary.calls[step] for step in ("day", "week")] == 2 * [CALLS + SWEEP_CALLS]


def test_contacts_that_vanish_are_found_by_the_days_sweep_and_may_come_back(diary: Diary) -> None:
    tombstones = [report.tables["contacts"].tombstones for report in diary.reports.values()]
    assert tombstones == [0, 0, 0, 2, 0]
    assert diary.versions("contacts", LEAD_2)[DELETED].to_list() == [False, True, False]
    assert LEAD_4 not in diary.states["week"]["contacts"]["id"].to_list()


def test_unsubscribing_is_an_activity_and_a_version(diary: Diary) -> None:
    assert diary.versions("contacts", LEAD_3)["is_subscribed"].to_list() == [True, False]
    gone = diary.states["hour"]["activities"].filter(of_type("Unsubscribe"))
    assert gone["contact_id"].to_list() == [LEAD_3]
    assert gone["asset_name"].to_list() == ["Events"]


def test_visit_finds_its_contact_when_somebody_is_known(diary: Diary) -> None:
    def contacts_of(step: str) -> list[str | None]:
        mine = (pl.col("visitor_id") == "7000012") & of_type("PageView")
        first = diary.states[step]["activities"].filter(mine).sort("activity_date").head(1)
        return list(first["contact_id"])

    assert (contacts_of("before"), contacts_of("hour")) == ([None], [LEAD_6])


def test_bouncebacks_are_read_again_for_those_that_come_days_late(diary: Diary) -> None:
    early, late = (diary.states[step]["bouncebacks"] for step in ("first", "week"))
    assert early["activity_date"].to_list() == [at("2026-11-02 09:05")]
    dates = [at("2026-11-02 09:05"), at("2026-11-18 09:35")]
    assert late["activity_date"].sort().to_list() == dates
    assert late["smtp_status_code"].to_list() == ["5.1.1", "5.1.1"]


def test_archived_mail_stays_and_deleted_mail_goes(diary: Diary) -> None:
    assert diary.reports["day"].tables["emails"].tombstones == 1
    mails = diary.states["day"]["emails"]
    assert mails["id"].to_list() == ["401", "402", "411", "422"]
    assert mails["archived"].to_list() == [False, False, True, True]


def test_members_of_campaigns_are_counted_daily(diary: Diary) -> None:
    """The number moves without a time of change."""
    one = [state["campaigns"].filter(id="1001") for state in diary.states.values()]
    assert [campaign["member_count"].item() for campaign in one] == [3, 3, 3, 4, 4]
    assert one[0]["updated_at"].item() == one[3]["updated_at"].item()


def test_changed_asset_is_seen_whatever_zone_the_search_is_in(diary: Diary) -> None:
    """Two hours after another change, which is less than New York is behind."""
    ads = [diary.states[step]["campaigns"].filter(id="5001") for step in ("first", "hour")]
    assert [ad["current_status"].item() for ad in ads] == ["Active", "Completed"]


def test_pages_are_read_to_the_end(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the vendor works for a while, and gives fewer records than were asked for."""
    monkeypatch.setattr(bulk, "BIG_SYNC", 100)
    monkeypatch.setattr(bulk, "MOST_ROWS", 300)
    monkeypatch.setattr(reading, "EXPORT_ROWS", 500)
    monkeypatch.setattr(assets, "ASSET_ROWS", 2)
    monkeypatch.setattr(contacts, "FIELD_ROWS", 4)
    report = lake.land(ELOQUA, only=("contacts", "activities", "emails"))
    assert current(lake, "activities").filter(of_type("EmailOpen")).height == OPENS
    assert report.tables["emails"].rows == 5
    assert current(lake, "contacts")["last_name"].null_count() == 0


def test_start_that_was_perhaps_not_heard_is_made_with_another_definition(lake: Lake) -> None:
    lake.sandbox.fault(ELOQUA, "truncated_page", match="syncedInstanceUri", times=2)
    assert calls(lake, DEFINITION, PEOPLE) == 2 + calls(lake, DEFINITION, PEOPLE)
    assert current(lake, "contacts").height == 6


@pytest.mark.parametrize("fails", [True, False], ids=["fails", "is cut off"])
def test_export_that_is_too_big_is_read_in_parts(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    most, as_text = 600, bulk._as_text
    monkeypatch.setattr(activities, "SHORTEST_SPAN", timedelta(hours=1))
    if fails:
        monkeypatch.setattr(bulk, "MOST_ACTIVITIES", most)
    else:
        monkeypatch.setattr(activities, "MOST_ACTIVITIES", most)
        monkeypatch.setattr(bulk, "_as_text", lambda found, zone: as_text(found.head(most), zone))
    lake.land(ELOQUA, only=EVENTS)
    assert lake.rows(ELOQUA, "activities").filter(of_type("EmailOpen")).height == OPENS


def test_export_that_always_fails_ends_the_run_with_its_log(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST_ACTIVITIES", -1)
    with pytest.raises(LandingError, match="export of activities failed: More than -1 records"):
        lake.land(ELOQUA, only=EVENTS)


def test_export_that_takes_for_ever_is_given_up(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BIG_SYNC", 0)
    monkeypatch.setattr(reading, "WAIT_SECONDS", -1)
    with pytest.raises(LandingError, match=r"export of \w+ is still active after -1 s"):
        lake.land(ELOQUA, only=PEOPLE)


def test_full_staging_area_is_named(lake: Lake) -> None:
    lake.sandbox.fault(ELOQUA, "quota_exhausted", match="/exports", times=None)
    with pytest.raises(LandingError, match="staging area is full"):
        lake.land(ELOQUA, only=PEOPLE)
    lake.sandbox.clear_faults()


def test_fields_beyond_what_an_export_may_have_are_left_out_by_name(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(contacts, "MOST_FIELDS", 17)
    with caplog.at_level(logging.WARNING):
        lake.land(ELOQUA, only=PEOPLE)
    assert "left out are C_Employees1, C_Product_Interest1" in caplog.text
    assert current(lake, "contacts")["custom_fields"].drop_nulls().is_empty()


def test_bouncebacks_wait_an_hour_and_are_looked_for_days_later(tmp_path: Path) -> None:
    """Of many that come at once a few are seen within the hour, others after younger ones."""
    first, second = at("2026-11-18 10:05"), at("2026-11-19 14:00")
    many = [
        {"event_n": 10_000 + n, "email_campaign_n": 2, "recipient": "lead5@acme.example",
         "type": "BOUNCE", "occurred_at": second if n % 2 else first}
        for n in range(800)
    ]  # fmt: skip
    export = {"fields": {"id": "{{Activity.Id}}"}, "filter": "'{{Activity.Type}}' = 'Bounceback'"}
    with serve({**ROWS, "email_events": many}) as sandbox, login(sandbox) as client:
        lake = Lake(tmp_path, sandbox)
        landed = []
        seen = []
        for moment in ("2026-11-18 10:55", "2026-11-19 16:00", "2026-11-20 20:00"):
            sandbox.advance((at(moment) - lake.now()).total_seconds())
            lake.land(ELOQUA, only=("bouncebacks",))
            landed.append(current(lake, "bouncebacks")["activity_date"].to_list())
            seen.append(len(exported(client, "activities", **export)))
    assert (seen[0] > 0, landed[0]) == (True, [])
    assert second in landed[1]
    assert [len(dates) for dates in landed[1:]] == seen[1:]
    assert landed[2].count(first) > landed[1].count(first)


def test_change_that_moves_no_time_is_seen_within_a_week(lake: Lake, tmp_path: Path) -> None:
    lake.land(ELOQUA, only=PEOPLE)
    changed = [{**row, "title": "Buyer"} for row in ROWS["contacts"]]
    with serve({**ROWS, "contacts": changed}) as sandbox:
        later = Lake(tmp_path, sandbox)
        titles = []
        for days in (2, 5):
            sandbox.advance(days * 24 * HOUR)
            later.land(ELOQUA, only=PEOPLE)
            titles += current(later, "contacts").filter(id=KENTA)["title"].to_list()
    assert titles == [None, "Buyer"]


def test_row_committed_late_within_the_overlap_is_landed(tmp_path: Path) -> None:
    with serve(ROWS) as sandbox:
        lake = Lake(tmp_path, sandbox)
        sandbox.advance(42 * 60)
        sandbox.fault(ELOQUA, "late_row", match="export of '{{Activity.Type}}' = 'EmailSend'")
        first = lake.land(ELOQUA, only=EVENTS).tables["activities"].rows
        sandbox.advance(60)
        sandbox.clear_faults()
        assert lake.land(ELOQUA, only=EVENTS).tables["activities"].rows == 1
    assert lake.rows(ELOQUA, "activities").height == first + 1


def test_record_that_does_not_fit_is_set_aside(lake: Lake) -> None:
    report = faulty(
        lake,
        ELOQUA,
        "malformed_record",
        only=("campaigns",),
        match="/campaigns",
        field="budgetedCost",
    )
    assert report.tables["campaigns"].rejects == 1
    report = faulty(lake, ELOQUA, "null_key", only=PEOPLE, match="/data", times=1)
    assert sum(table.rejects for table in report.tables.values()) == 1
