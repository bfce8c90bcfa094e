"""What every source keeps to, against the vendors' APIs over one simulated company."""

import re
import shutil
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from polars.testing import assert_frame_equal
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from ingestion.catalog import connection_model, entities, source_names
from ingestion.entity import LOAD_ID, LOADED_AT, META_COLUMNS
from ingestion.landing import LandingError, LandingReport
from ingestion.sandbox.vendors import vendors
from tests.contracts import salesforce_truth
from tests.contracts.company_sandbox import NOW, SOURCES, Lake, company_sandbox
from tests.contracts.sandbox_server import Sandbox
from tests.contracts.staged import Staged
from tests.contracts.vendor_past import PASTS
from tests.contracts.vendor_settings import SETTINGS, held
from tests.contracts.vendor_truth import TRUTHS, difference, records

HOURS = 3600
BAD_HOURS, GOOD_HOURS = 3, 93
# After how many calls the vendor goes down: within the first load, and in each of the bad hours.
DOWN_AFTER = (9, 1, 2, 3)
# Vendors that have told everything after a few calls go down no later than after these.
LATEST_DOWN = {"google_ads": 1, "twilio": 1}
BAD_MOMENTS = ("rate_limit", "server_error", "truncated_page", "token_expiry")
BAD_RECORDS = ("duplicate_record", "malformed_record", "null_key")
# Where a fault must strike that finds nothing to spoil on the first pages.
STRIKING = {
    ("dynamics", "duplicate_record"): {"match": "_owninguser_value"},
    ("eloqua", "duplicate_record"): {"match": "/data"},
    ("eloqua", "malformed_record"): {"match": "/assets", "field": "updatedAt"},
    ("gmail", "null_key"): {"match": "directory"},
    ("google_ads", "duplicate_record"): {"match": "metrics"},
    ("linkedin_ads", "duplicate_record"): {"match": "adAnalytics"},
    # Of activities alone: what changed of leads is told by the same path.
    ("marketo", "duplicate_record"): {"match": "activityTypeIds=1,2,"},
    ("microsoft_graph", "duplicate_record"): {"match": "/messages/delta"},
    ("microsoft_graph", "null_key"): {"match": "/v1.0/users?"},
}
# Faults that find nothing to spoil in the answers of a quiet hour.
RARE = {name: {"duplicate_record"} for name in ("google_ads", "linkedin_ads", "microsoft_graph")}
# In this company's last days no campaign ran, and its two people in Latin America did nothing.
QUIET = {"google_ads", "linkedin_ads", "pipedrive"}
# Vendors keep no history of these, or none of deleted records: a lake has what it was there to see.
OBSERVED = {
    ("pardot", "prospect_scores"), ("hubspot", "deal_history"), ("pipedrive", "deal_history"),
}  # fmt: skip

# When a record began, for vendors that show only the last months: what a full run cannot see any
# more stays in a lake that saw it.
FORGOTTEN = {
    ("zoom", "meetings"): "start_time",
    ("zoom", "participants"): "join_time",
    ("gmail", "messages"): "received_at",
    ("microsoft_graph", "meetings"): "ends_at",
}
# Sources whose truth is told in another way, and those with tests of their own for it.
TOLD_OTHERWISE = {"salesforce": salesforce_truth.differences}
COMPARED_APART = {"gmail", "marketo", "microsoft_graph", "zoom"}
# Sources that are no vendor's API, so that no sandbox can stand in; they have tests of their own.
WITHOUT_API = {"files", "sql_database"}
# Fields of a connection that are no secrets.
PUBLIC = {
    "base_url", "token_url", "client_id", "customer_id", "account_id", "account_sid", "api_id",
    "api_key_sid", "login_url", "business_unit_id", "tenant_id", "user_id", "company",
    "username", "api_key", "pitches_report_id", "views_report_id",
    "client_email", "admin_email", "directory_url",
}  # fmt: skip


@dataclass(frozen=True)
class Diary:
    """What happened to a lake that was landed again and again while the company went on.

    `differences` to what the vendor has are those after the first load and those in the end;
    `beginning` is the lake as the first load left it; `broken_off` tells what each landing left in
    the lake in which the vendor went down.
    """

    lake: Lake
    beginning: Lake
    down: str
    first: LandingReport
    again: LandingReport
    later: tuple[LandingReport, ...]
    differences: tuple[list[str], list[str]]
    broken_off: tuple[list[str], ...]


@pytest.fixture(scope="module", params=SOURCES)
def source(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def sandbox(source: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    deletes_at = NOW + timedelta(minutes=90)
    with company_sandbox(tmp_path_factory.mktemp("company"), deletes_at=deletes_at) as running:
        yield running


@pytest.fixture(scope="module")
def kept() -> dict[str, Diary]:
    """The diaries of all sources so far."""
    return {}


@pytest.fixture(scope="module")
def diary(
    sandbox: Sandbox, source: str, tmp_path_factory: pytest.TempPathFactory, kept: dict[str, Diary]
) -> Diary:
    """A lake whose source is down at first, goes down in mid-run, then has bad moments, is landed
    again at once, through three hours in which all happens that can, and after good days."""
    lake = Lake(tmp_path_factory.mktemp("diary"), sandbox)
    sandbox.fault(source, "down")
    with pytest.raises(LandingError) as down:
        lake.land(source)
    sandbox.clear_faults()
    broken_off = [break_off(lake, source, after=DOWN_AFTER[0])]
    first, idle = land_badly(lake, source, *BAD_MOMENTS, "duplicate_record")
    assert not idle
    again = lake.land(source)
    before = differences(lake, source)
    beginning = Lake(tmp_path_factory.mktemp("beginning"), sandbox)
    shutil.copytree(lake.root / "lake", beginning.root / "lake")
    later = []
    kinds = (*BAD_MOMENTS, "late_row", *BAD_RECORDS)
    idle = set(kinds)
    for turn in range(BAD_HOURS):
        sandbox.advance(HOURS)
        broken_off.append(break_off(lake, source, after=DOWN_AFTER[1 + turn]))
        report, still_idle = land_badly(lake, source, *kinds, turn=turn)
        later.append(report)
        idle &= still_idle
    assert idle == RARE.get(source, set())
    sandbox.advance(GOOD_HOURS * HOURS)
    later.append(lake.land(source))
    after = differences(lake, source)
    kept[source] = Diary(
        lake,
        beginning,
        str(down.value),
        first,
        again,
        tuple(later),
        (before, after),
        tuple(broken_off),
    )
    return kept[source]


def break_off(lake: Lake, source: str, *, after: int) -> list[str]:
    """A landing whose vendor goes down after some calls: the entities that it left rows of."""
    held = rows_held(lake, source)
    lake.sandbox.fault(source, "down", skip=min(after, LATEST_DOWN.get(source, after)))
    with pytest.raises(LandingError):
        lake.land(source)
    lake.sandbox.clear_faults()
    return [name for name, rows in rows_held(lake, source).items() if rows != held.get(name, 0)]


def rows_held(lake: Lake, source: str) -> dict[str, int]:
    tables = {
        each.name: lake.root / "lake" / "raw" / source / each.name for each in entities(source)
    }
    return {name: DeltaTable(table).count() for name, table in tables.items() if table.is_dir()}


def land_badly(
    lake: Lake, source: str, *kinds: str, turn: int = 0
) -> tuple[LandingReport, set[str]]:
    """A landing with each of these faults, as far as the vendor can have it, and those that did not
    happen. Faults of records strike later with each turn."""
    for position, kind in enumerate(kinds):
        if kind == "token_expiry" and vendors()[source].token_lifetime is None:
            continue
        skip = turn if kind in BAD_RECORDS else position // 3
        lake.sandbox.fault(source, kind, times=1, skip=skip, **STRIKING.get((source, kind), {}))
    report = lake.land(source)
    pending = lake.sandbox.admin.get("/_sandbox/faults").json()["pending"]
    lake.sandbox.clear_faults()
    return report, {fault["kind"] for fault in pending if not fault["fired"]}


def differences(lake: Lake, source: str) -> list[str]:
    """How current records differ from those that the vendor has, by entity."""
    assert lake.sandbox.world is not None
    store = lake.sandbox.world.store
    if source in TOLD_OTHERWISE:
        return TOLD_OTHERWISE[source](lake)
    found = []
    for entity in entities(source):
        truth, past = (known.get(source, {}).get(entity.name) for known in (TRUTHS, PASTS))
        if truth is not None:
            there = records(store, source, truth)
            found.append(difference(lake.current(source, entity), there, entity))
        if past is not None:
            landed = past.compared(lake.current(source, entity), store, source)
            found.append(difference(landed, past.held(store, source), entity))
        setting = held(store, source, entity.name)
        if setting is not None:
            found.append(difference(lake.current(source, entity), setting, entity))
    return [each for each in found if each is not None]


@pytest.fixture(scope="module")
def calm(diary: Diary, source: str, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake landed once, on a good day: the diary's last."""
    lake = Lake(tmp_path_factory.mktemp("calm"), diary.lake.sandbox)
    lake.land(source)
    return lake


def is_secret(field: FieldInfo) -> bool:
    return field.annotation is SecretStr


def changed(report: LandingReport) -> int:
    return sum(table.rows + table.tombstones + table.rejects for table in report.tables.values())


def test_catalog_needs_no_network_and_no_secrets() -> None:
    assert set(source_names()) == WITHOUT_API | set(SOURCES)
    for name in SOURCES:
        assert entities(name)
        assert "base_url" in connection_model(name).model_fields


def test_secrets_of_a_connection_do_not_show(source: str) -> None:
    model = connection_model(source)
    texts = {name for name, field in model.model_fields.items() if field.annotation is not int}
    shown = repr(model(**dict.fromkeys(texts, "swordfish")))
    public = PUBLIC & texts
    assert shown.count("swordfish") == len(public)


def test_secrets_are_nowhere_after_a_failed_run(
    sandbox: Sandbox, source: str, tmp_path: Path
) -> None:
    lake = Lake(tmp_path, sandbox)
    model = connection_model(source)
    secret = "wrong-but-secret-8c1f"
    values = {name: secret for name, field in model.model_fields.items() if is_secret(field)}
    with pytest.raises(LandingError) as caught:
        lake.land(source, **values)
    assert "credentials" in str(caught.value) or "answered 40" in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert secret not in shown
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or secret.encode() not in path.read_bytes()


def test_incremental_runs_end_where_a_full_run_ends(diary: Diary, calm: Lake, source: str) -> None:
    steps = sum(changed(report) for report in diary.later)
    assert (diary.again.load_id, changed(diary.again)) == (None, 0)
    assert steps < sum(calm.rows(source, entity.name).height for entity in entities(source)) / 5
    assert steps > 0 or source in QUIET
    for entity in entities(source):
        stepped, expected = (lake.current(source, entity) for lake in (diary.lake, calm))
        if (source, entity.name) in OBSERVED:
            stepped = stepped.join(expected, on=list(entity.key), how="semi")
        if began := FORGOTTEN.get((source, entity.name)):
            stepped = stepped.filter(pl.col(began) >= expected[began].min())
        assert_frame_equal(stepped, expected)
        assert calm.rows(source, entity.rejects_name).is_empty()


def test_current_records_are_the_vendors(diary: Diary, source: str) -> None:
    """Ids, counts a day and sums, after a first load, and after bad hours and a night's sweep."""
    assert sum(source in known for known in (TRUTHS, TOLD_OTHERWISE, COMPARED_APART)) == 1
    if source in TRUTHS:
        compared = (
            TRUTHS[source].keys() | PASTS.get(source, {}).keys() | SETTINGS.get(source, {}).keys()
        )
        assert compared == {entity.name for entity in entities(source)}
    assert diary.differences == ([], [])


def test_every_entity_has_a_table_with_its_columns(calm: Lake, source: str) -> None:
    for entity in entities(source):
        wanted = [*entity.columns.names, *META_COLUMNS.names]
        assert calm.rows(source, entity.name).columns == wanted
        assert calm.rows(source, entity.rejects_name).columns[:3] == ["entity", "reason", "record"]


def test_source_that_is_down_is_named_and_the_next_run_goes_on(diary: Diary, source: str) -> None:
    assert re.search(f"^{source}: .* times in .*the source is down", diary.down)
    assert diary.first.load_id is not None


def test_landing_that_breaks_off_leaves_nothing_and_the_next_one_is_complete(
    diary: Diary, source: str
) -> None:
    """After one call, two and so on; whether all is there in the end is asked of the vendor."""
    assert diary.broken_off == ([],) * len(DOWN_AFTER)
    assert diary.differences == ([], [])


def test_bad_moments_of_the_vendor_bring_nothing_twice(diary: Diary, source: str) -> None:
    assert sum(table.rejects for table in diary.first.tables.values()) == 0
    for entity in entities(source):
        rows = diary.lake.rows(source, entity.name)
        assert not rows.drop(LOADED_AT, LOAD_ID).is_duplicated().any(), entity.name


def test_what_dbt_stages_is_what_was_landed(tmp_path: Path, kept: dict[str, Diary]) -> None:
    """Of all sources: built from their first loads, and grown by all that came later."""
    assert kept.keys() == set(SOURCES), "this test needs all others of its file"
    staged, found = Staged(tmp_path), []
    for moment in ("beginning", "lake"):
        lakes: dict[str, Lake] = {name: getattr(diary, moment) for name, diary in kept.items()}
        as_of = NOW + timedelta(hours=BAD_HOURS + GOOD_HOURS)
        staged.build({name: lake.root for name, lake in lakes.items()}, as_of=as_of.isoformat())
        landed = (
            (source, entity, lake.current(source, entity))
            for source, lake in lakes.items()
            for entity in entities(source)
        )
        found += [f"{moment}: {told}" for told in staged.differences(landed)]
    assert found == []
