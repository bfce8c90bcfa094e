"""The simulated company: the same past for any horizon, sound version logs, plausible business."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from ingestion.sandbox.company.simulation import simulate
from ingestion.sandbox.company.tables import SCHEMAS, Company
from ingestion.sandbox.company.truth import KEYS, state

START = datetime(2024, 2, 1, tzinfo=UTC)
UNTIL = datetime(2026, 5, 20, 10, 30, tzinfo=UTC)
CREATED = ("accounts", "contacts", "leads", "opportunities", "line_items", "activities")
TIME_COLUMN = {
    "email_events": "occurred_at", "email_campaigns": "sent_at", "hidden_deals": "at",
}  # fmt: skip


@pytest.fixture(scope="module")
def company() -> Company:
    return simulate(7, 0.25, START, UNTIL)


def known_at(company: Company, table: str, at: datetime) -> pl.DataFrame:
    frame: pl.DataFrame = getattr(company, table)
    if table == "exchange_rates":
        return frame.filter(pl.col("start_date") <= at.date())
    if table in ("products", "hidden_leads", "hidden_reps"):
        return frame
    return frame.filter(pl.col(TIME_COLUMN.get(table, "version_at")) <= at)


@pytest.mark.parametrize(
    "until", [datetime(2024, 9, 17, 3, tzinfo=UTC), datetime(2024, 10, 31, tzinfo=UTC)]
)
def test_the_past_does_not_depend_on_the_horizon(until: datetime) -> None:
    short = simulate(11, 0.05, START, until)
    long = simulate(11, 0.05, START, until + timedelta(days=150))
    for table in SCHEMAS:
        if table not in ("hidden_leads", "hidden_reps"):
            seen = known_at(short, table, until)
            assert seen.equals(known_at(long, table, until)), table
            assert seen.height > 0, table


def test_seeds_differ_and_repeat() -> None:
    until = START + timedelta(days=40)
    first, again, other = (simulate(seed, 0.05, START, until) for seed in (1, 1, 2))
    assert first.leads.equals(again.leads)
    assert not first.leads.equals(other.leads)


def test_tables_have_the_declared_columns(company: Company) -> None:
    for table, schema in SCHEMAS.items():
        assert getattr(company, table).schema == schema, table


def test_nothing_is_later_than_until(company: Company) -> None:
    for table in SCHEMAS:
        if table not in ("products", "exchange_rates", "hidden_leads", "hidden_reps"):
            column = TIME_COLUMN.get(table, "version_at")
            assert getattr(company, table).get_column(column).max() <= UNTIL, table


@pytest.mark.parametrize("table", KEYS)
def test_versions_of_a_record_strictly_increase(company: Company, table: str) -> None:
    frame: pl.DataFrame = getattr(company, table)
    key = list(KEYS[table])
    gap = frame.select(pl.col("version_at").diff().over(key).alias("gap")).drop_nulls()
    assert gap.get_column("gap").min() > timedelta(0)


@pytest.mark.parametrize("table", CREATED)
def test_the_first_version_is_the_creation(company: Company, table: str) -> None:
    first = getattr(company, table).unique(KEYS[table], keep="first", maintain_order=True)
    assert first.filter(pl.col("version_at") != pl.col("created_at")).height == 0


@pytest.mark.parametrize("table", CREATED)
def test_nothing_follows_a_deletion(company: Company, table: str) -> None:
    frame = getattr(company, table)
    after = frame.filter(pl.col("is_deleted").shift(1).over(KEYS[table]).fill_null(False))
    assert after.height == 0
    assert table == "accounts" or frame.get_column("is_deleted").any()


def test_closing_sets_stage_probability_category_and_date(company: Company) -> None:
    deals = company.opportunities
    closed = deals.filter("is_closed")
    expected = pl.when("is_won").then(
        (pl.col("stage") == "Closed Won")
        & (pl.col("probability") == 1.0)
        & (pl.col("forecast_category") == "Closed")
    ).otherwise(
        (pl.col("stage") == "Closed Lost")
        & (pl.col("probability") == 0.0)
        & (pl.col("forecast_category") == "Omitted")
    )  # fmt: skip
    assert closed.filter(~expected).height == 0
    ending = pl.col("stage").str.starts_with("Closed")
    assert deals.filter(~pl.col("is_closed") & ending).height == 0
    closings = closed.filter(
        pl.col("stage").shift(1).over("opportunity_n").str.starts_with("Closed").not_()
    )
    local = pl.col("version_at").dt.convert_time_zone("America/New_York").dt.date()
    assert closings.filter(pl.col("close_date") != local).height == 0


def test_some_lost_deals_reopen_and_won_ones_never_do(company: Company) -> None:
    before = pl.col("stage").shift(1).over("opportunity_n")
    reopened = company.opportunities.filter((before == "Closed Lost") & ~pl.col("is_closed"))
    assert reopened.height > 5
    assert reopened.get_column("loss_reason").null_count() == reopened.height
    assert company.opportunities.filter((before == "Closed Won") & ~pl.col("is_won")).height == 0


@pytest.mark.parametrize(
    ("table", "column", "target"),
    [
        ("contacts", "account_n", "accounts"),
        ("opportunities", "account_n", "accounts"),
        ("opportunities", "contact_n", "contacts"),
        ("activities", "account_n", "accounts"),
        ("activities", "contact_n", "contacts"),
        ("activities", "lead_n", "leads"),
        ("activities", "owner_n", "users"),
        ("opportunities", "owner_n", "users"),
        ("campaign_members", "lead_n", "leads"),
        ("leads", "converted_opportunity_n", "opportunities"),
        ("line_items", "opportunity_n", "opportunities"),
    ],
)
def test_references_hold_and_follow_merges(
    company: Company, table: str, column: str, target: str
) -> None:
    rows = state(company, table, UNTIL).drop_nulls(column)
    key = KEYS[target][0]
    targets = state(company, target, UNTIL, with_deleted=True)
    known = rows.join(targets, left_on=column, right_on=key, how="semi")
    assert known.height == rows.height > 0
    if "merged_into_n" in targets.columns:
        gone = targets.filter(pl.col("merged_into_n").is_not_null())
        merged_lately = gone.filter(pl.col("version_at") > UNTIL - timedelta(minutes=5))
        stale = rows.join(gone, left_on=column, right_on=key, how="semi")
        assert stale.height == 0 or merged_lately.height > 0


def test_merged_records_are_deleted_and_name_a_winner(company: Company) -> None:
    for table in ("accounts", "contacts", "leads"):
        frame = getattr(company, table)
        merged = frame.filter(pl.col("merged_into_n").is_not_null())
        assert merged.height > 0, table
        assert merged.get_column("is_deleted").all(), table
        winners = frame.filter(pl.col(KEYS[table][0]).is_in(merged["merged_into_n"].to_list()))
        assert winners.get_column("merged_into_n").null_count() == winners.height, table


def test_owners_are_reps_of_the_region_and_leavers_hand_over(company: Company) -> None:
    users = state(company, "users", UNTIL)
    deals = state(company, "opportunities", UNTIL).join(
        users, left_on="owner_n", right_on="user_n", suffix="_of_owner"
    )
    assert set(deals["role"]) == {"Rep"}
    assert deals.filter(pl.col("crm") != pl.col("crm_of_owner")).height == 0
    assert deals.filter(~pl.col("is_closed") & ~pl.col("is_active")).height == 0
    assert users.filter(~pl.col("is_active")).height > 0


def test_addresses_are_unique_and_lead_nowhere(company: Company) -> None:
    leads = company.leads.unique("lead_n", keep="last")
    assert leads["email"].is_unique().all()
    contacts = company.contacts.unique("contact_n", keep="last")
    assert contacts["email"].is_unique().all()
    proper = pl.col("email").str.contains(r"^[a-z0-9.]+@[a-z0-9-]+\.example$")
    for frame in (leads, contacts, company.users):
        assert frame.filter(~proper).is_empty()


def test_converted_leads_become_contacts_with_their_address(company: Company) -> None:
    leads = state(company, "leads", UNTIL).filter("is_converted")
    contacts = state(company, "contacts", UNTIL, with_deleted=True)
    both = leads.join(contacts, left_on="converted_contact_n", right_on="contact_n", suffix="_c")
    assert both.height == leads.height
    assert both.filter(pl.col("email") != pl.col("email_c")).is_empty()
    assert both.filter(pl.col("converted_at") != pl.col("created_at_c")).is_empty()


def test_words_are_those_of_the_contract(company: Company) -> None:
    for table, column, words in (
        ("campaign_members", "status", {"Sent", "Responded"}),
        ("campaigns", "status", {"Enabled", "Paused", "Removed"}),
        ("activities", "type", {"call", "email", "meeting", "task", "note"}),
        ("opportunities", "forecast_category",
         {"Pipeline", "Best Case", "Commit", "Closed", "Omitted"}),
        ("email_events", "type",
         {"SENT", "DELIVERED", "OPEN", "CLICK", "BOUNCE", "STATUSCHANGE"}),
        ("leads", "status",
         {"New", "Working", "Nurturing", "Qualified", "Disqualified", "Converted"}),
        ("users", "role", {"Rep", "Manager", "VP", "CRO"}),
        ("accounts", "crm", {"salesforce", "hubspot", "dynamics", "pipedrive"}),
    ):  # fmt: skip
        assert set(getattr(company, table).get_column(column).unique()) == words


def test_held_meetings_are_completed_at_their_end(company: Company) -> None:
    done = company.activities.filter((pl.col("type") == "meeting") & pl.col("is_completed"))
    ends = pl.col("occurred_at") + pl.duration(seconds=pl.col("duration_seconds"))
    first = done.unique("activity_n", keep="first", maintain_order=True)
    assert first.filter(pl.col("version_at") != ends).height / first.height < 0.01
    ahead = pl.col("occurred_at") > pl.col("version_at")
    assert company.activities.filter(ahead & pl.col("is_completed")).is_empty()


def test_business_is_plausible(company: Company) -> None:
    deals = state(company, "opportunities", UNTIL)
    closed = deals.filter("is_closed")
    assert 0.24 < closed["is_won"].mean() < 0.37
    cycle = (closed["close_date"] - closed["created_at"].dt.date()).dt.total_days()
    assert 50 < cycle.filter(closed["is_won"]).mean() < 100
    month = (closed.filter("is_won")["close_date"].dt.month() - 2) % 3
    assert (month == 2).mean() > 0.40
    competitor = closed["competitor"].null_count() / closed.height
    assert 0.45 < competitor < 0.7
    ripe = pl.col("created_at") < UNTIL - timedelta(days=90)
    leads = state(company, "leads", UNTIL).filter(ripe)
    in_time = (leads["converted_at"] - leads["created_at"]) < timedelta(days=90)
    assert 0.08 < in_time.fill_null(False).mean() < 0.16
    assert 0.15 < (deals["crm"] == "hubspot").mean() < 0.35
    assert 0.04 < (deals["crm"] == "pipedrive").mean() < 0.18


def test_reps_hope_for_more_than_comes(company: Company) -> None:
    at = UNTIL - timedelta(days=270)
    then = state(company, "opportunities", at).filter(~pl.col("is_closed"))
    now = state(company, "opportunities", UNTIL).select("opportunity_n", ended="is_won")
    both = then.join(now, on="opportunity_n")
    assert both["probability"].mean() > both["ended"].mean()
