"""A release that was built in many increments equals one that was built at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from models_ml.forecasting.predict import PREDICTION_SCHEMA
from tests.integration.dbt_release import RawLake, Release, differences

SOURCES = ("salesforce", "hubspot", "google_ads")
Step = tuple[str, Callable[[RawLake], None]]


def opportunity(record: str, at: str, stage: str, **other: Any) -> dict[str, Any]:
    return {
        "id": record, "account_id": "A1", "owner_id": "U1", "name": record, "stage_name": stage,
        "amount": 1000.0, "currency_iso_code": "USD", "probability": 10.0,
        "forecast_category_name": "Pipeline", "close_date": "2026-12-15", "is_closed": False,
        "is_won": False, "created_date": "2026-10-01T15:00:00", "_version_at": at, **other,
    }  # fmt: skip


def entry(record: str, deal: str, at: str, stage: str, **other: Any) -> dict[str, Any]:
    return {
        "id": record, "opportunity_id": deal, "stage_name": stage, "amount": 1000.0,
        "currency_iso_code": "USD", "probability": 10.0, "forecast_category": "Pipeline",
        "close_date": "2026-12-15", "created_date": at, "_version_at": at, **other,
    }  # fmt: skip


def user(record: str, at: str, team: str, **other: Any) -> dict[str, Any]:
    return {
        "id": record, "username": f"{record.lower()}@x.test", "first_name": record, "team_c": team,
        "region_c": "EMEA", "sales_role_c": "Rep", "is_active": True, "_version_at": at, **other,
    }  # fmt: skip


def lead(record: str, at: str, email: str, **other: Any) -> dict[str, Any]:
    return {
        "id": record, "email": email, "owner_id": "U1", "status": "New", "is_converted": False,
        "campaign_c": "SC1", "created_date": at, "_version_at": at, **other,
    }  # fmt: skip


def task(record: str, at: str, **other: Any) -> dict[str, Any]:
    return {
        "id": record, "who_id": "L1", "what_id": "O1", "account_id": "A2", "owner_id": "U1",
        "type": "Call", "task_subtype": "Call", "is_closed": True, "completed_date_time": at,
        "activity_date": at[:10], "_version_at": at, **other,
    }  # fmt: skip


def mail(record: str, at: str, recipient: str) -> dict[str, Any]:
    return {"id": record, "email_campaign_id": "M1", "recipient": recipient, "type": "OPEN",
            "created": at, "_version_at": at}  # fmt: skip


def deal_change(name: str, value: str, at: str) -> dict[str, Any]:
    return {"deal_id": "D1", "property": name, "value": value, "changed_at": at, "_version_at": at}


def deal(at: str, stage: str, **other: Any) -> dict[str, Any]:
    return {
        "id": "D1", "dealname": "D1", "pipeline": "default", "dealstage": stage, "amount": 700.0,
        "deal_currency_code": "EUR", "hubspot_owner_id": "W1", "closedate": "2026-12-20T16:00:00",
        "hs_is_closed": False, "hs_is_closed_won": False, "company_id": "C1", "contact_id": "P1",
        "created_at": "2026-10-05T08:00:00", "_version_at": at, **other,
    }  # fmt: skip


def spend(day: str, at: str, micros: int) -> dict[str, Any]:
    return {"campaign_id": "G1", "date": day, "cost_micros": micros, "impressions": 10,
            "clicks": 1, "conversions": 0.5, "currency_code": "USD", "_version_at": at}  # fmt: skip


def beginning(lake: RawLake) -> None:
    at = "2026-10-10T12:00:00"
    lake.load("salesforce", {
        "users": [user("U1", at, "North", manager_id="U2"), user("U2", at, "North")],
        "accounts": [{"id": "A1", "name": "One", "_version_at": at},
                     {"id": "A2", "name": "Two", "_version_at": at}],
        "contacts": [{"id": "K1", "account_id": "A2", "email": "K1@x.test", "_version_at": at}],
        "leads": [lead("L1", "2026-10-02T12:00:00", "Ann@x.test")],
        "campaigns": [{"id": "SC1", "name": "Search", "google_ads_campaign_id_c": "G1"}],
        "exchange_rates": [
            {"id": "R1", "iso_code": "EUR", "start_date": "2026-10-01", "conversion_rate": 0.9},
            {"id": "R2", "iso_code": "EUR", "start_date": "2026-11-01", "conversion_rate": 0.8},
        ],
        "stages": [
            {"id": f"S{order}", "master_label": label, "sort_order": order,
             "default_probability": chance, "forecast_category_name": category,
             "is_closed": closed, "is_won": closed and chance == 100.0}
            for order, label, chance, category, closed in (
                (1, "Discovery", 10.0, "Pipeline", False),
                (2, "Proposal", 50.0, "Best Case", False),
                (3, "Won", 100.0, "Closed", True),
                (4, "Lost", 0.0, "Omitted", True),
            )
        ],
        "opportunities": [
            opportunity("O1", at, "Discovery"),
            opportunity("O2", at, "Proposal", currency_iso_code="EUR", account_id="A2"),
            opportunity("O3", at, "Won", is_closed=True, is_won=True, close_date="2026-10-09",
                        forecast_category_name="Closed", contact_id="K1"),
            opportunity("O4", at, "Discovery", owner_id=None),
            opportunity("O5", at, "Won", is_closed=True, is_won=True, close_date="2026-09-28",
                        forecast_category_name="Closed", created_date="2026-09-01T15:00:00"),
        ],
        "opportunity_history": [
            entry("H1", "O1", "2026-10-01T15:00:00", "Discovery"),
            entry("H2", "O2", "2026-10-01T15:00:00", "Discovery"),
            entry("H3", "O2", "2026-10-06T15:00:00", "Proposal"),
            entry("H4", "O3", "2026-10-01T15:00:00", "Discovery"),
            entry("H5", "O3", "2026-10-09T15:00:00", "Won", close_date="2026-10-09"),
        ],
        "tasks": [task("T1", "2026-10-03T12:00:00"), task("T2", "2026-10-04T12:00:00"),
                  task("T3", "2026-10-04T13:00:00", who_id="K1", what_id="O2")],
        "events": [{"id": "E1", "owner_id": "U1", "account_id": "A1", "what_id": "O1",
                    "start_date_time": "2026-10-14T12:00:00", "_version_at": at,
                    "end_date_time": "2026-10-14T13:00:00", "duration_in_minutes": 60}],
        "quotas": [{"id": "Q1", "quota_owner_id": "U1", "start_date": "2026-10-01",
                    "quota_amount": 900.0, "currency_iso_code": "EUR"}],
    })  # fmt: skip
    lake.load("hubspot", {
        "owners": [{"id": "W1", "email": "W1@x.test", "first_name": "Wu", "team_name": "APAC – One",
                    "archived": False, "_version_at": at}],
        "teams": [{"id": "7", "name": "APAC – One", "region": "APAC", "manager_owner_id": "W1"}],
        "companies": [{"id": "C1", "name": "Cee"}, {"id": "C2", "name": "Cee again"}],
        "contacts": [{"id": "P1", "email": "pat@x.test", "lead_source": "Web",
                      "hs_lead_status": "NEW", "created_at": at, "_version_at": at}],
        "pipelines": [{"id": "default", "label": "Sales", "display_order": 0}],
        "pipeline_stages": [
            {"pipeline_id": "default", "id": stage, "label": label, "display_order": order,
             "probability": chance, "is_closed": closed, "is_won": False}
            for order, stage, label, chance, closed in (
                (1, "s1", "Discovery", 0.1, False), (2, "s2", "Proposal", 0.5, False),
                (3, "s3", "Lost", 0.0, True))
        ],
        "deals": [deal(at, "s1")],
        "deal_history": [
            deal_change("dealstage", "s1", "2026-10-05T08:00:00"),
            deal_change("amount", "500", "2026-10-05T08:00:00"),
            deal_change("closedate", "2026-12-20T16:00:00.000Z", "2026-10-05T08:00:00"),
            deal_change("amount", "700", "2026-10-08T08:00:00"),
        ],
        "calls": [{"id": "X1", "hubspot_owner_id": "W1", "company_id": "C2", "deal_id": "D1",
                   "contact_id": "P1", "hs_timestamp": at, "hs_call_duration": 61000}],
        "email_campaigns": [{"id": "M1", "name": "Autumn"}],
        "email_events": [mail("V1", "2026-10-01T09:00:00", "ann@x.test"),
                         mail("V2", "2026-10-09T09:00:00", "ANN@x.test"),
                         mail("V3", "2026-10-09T09:00:00", "nobody@x.test")],
    })  # fmt: skip
    lake.load("google_ads", {
        "campaigns": [{"id": "G1", "name": "Search", "currency_code": "USD"}],
        "campaign_daily": [spend("2026-10-08", at, 5_000_000), spend("2026-10-09", at, 6_000_000)],
    })  # fmt: skip


def moves_merges_and_late_versions(lake: RawLake) -> None:
    at = "2026-10-12T12:00:00"
    lake.load("salesforce", {
        "opportunities": [
            opportunity("O1", at, "Proposal", probability=50.0, close_date="2027-01-10"),
            opportunity("O2", "2026-10-02T12:00:00", "Discovery", amount=1.0,
                        currency_iso_code="EUR"),
        ],
        "opportunity_history": [
            entry("H6", "O1", at, "Proposal", probability=50.0, close_date="2027-01-10"),
        ],
        "accounts": [{"id": "A2", "name": "Two", "master_record_id": "A1", "_version_at": at,
                      "_deleted": True}],
        "leads": [lead("L2", "2026-10-05T12:00:00", "ann@x.test")],
        "tasks": [{"id": "T2", "_deleted": True, "_version_at": at}],
        "users": [user("U1", at, "South", manager_id="U2")],
    })  # fmt: skip
    lake.load("hubspot", {
        "companies": [
            {"id": "C1", "name": "Cee", "hs_merged_object_ids": "C2", "_version_at": at},
            {"id": "C2", "_deleted": True, "_version_at": at},
        ],
        "deals": [deal(at, "s2")],
        "deal_history": [deal_change("dealstage", "s2", at)],
    })  # fmt: skip


def reopened_deleted_and_restated(lake: RawLake) -> None:
    at = "2026-10-20T12:00:00"
    reopened = opportunity("O3", at, "Proposal", contact_id="K1")
    lake.load("salesforce", {
        "opportunities": [reopened, reopened, {"id": "O2", "_deleted": True, "_version_at": at}],
        "opportunity_history": [
            entry("H7", "O3", at, "Proposal"),
            entry("H6", "O1", "2026-10-12T12:00:00", "Proposal", probability=50.0,
                  close_date="2027-01-10"),
        ],
        "leads": [lead("L1", "2026-10-02T12:00:00", "zoe@x.test", _version_at=at)],
        "exchange_rates": [{"id": "R1", "iso_code": "EUR", "start_date": "2026-10-01",
                            "conversion_rate": 0.95, "_version_at": at}],
        "contacts": [{"id": "K1", "_deleted": True, "_version_at": at}],
    })  # fmt: skip
    lake.load("hubspot", {
        "deals": [deal(at, "s3", hs_is_closed=True, closedate="2026-10-20T16:00:00")],
        "deal_history": [deal_change("dealstage", "s3", at),
                         deal_change("closedate", "2026-10-20T16:00:00.000Z", at)],
        "contacts": [{"id": "P1", "email": "pat@x.test", "lead_source": "Web", "_version_at": at,
                      "created_at": "2026-10-10T12:00:00", "converted_at": at,
                      "converted_deal_id": "D1", "associatedcompanyid": "C1"}],
        "email_events": [mail("V4", "2026-10-19T09:00:00", "pat@x.test"),
                         mail("V5", "2026-10-19T09:00:00", "zoe@x.test")],
    })  # fmt: skip
    lake.load("google_ads", {"campaign_daily": [spend("2026-10-09", at, 7_000_000)]})


def undeleted_and_out_of_order(lake: RawLake) -> None:
    at = "2026-10-25T12:00:00"
    lake.load("salesforce", {
        "opportunities": [
            opportunity("O2", at, "Proposal", currency_iso_code="EUR", account_id="A2"),
            opportunity("O2", "2026-10-24T12:00:00", "Discovery", currency_iso_code="EUR"),
            opportunity("O4", at, "Discovery", owner_id="U2"),
            opportunity("O5", at, "Won", is_closed=True, is_won=True, close_date="2026-09-28",
                        forecast_category_name="Closed", created_date="2026-09-01T15:00:00",
                        amount=1200.0),
        ],
        "opportunity_history": [
            entry("H8", "O1", "2026-10-07T12:00:00", "Discovery", amount=400.0),
            entry("H9", "O4", "2026-10-01T16:00:00", "Discovery"),
        ],
        "leads": [{"id": "L2", "_deleted": True, "_version_at": at},
                  lead("L1", "2026-10-02T12:00:00", "o@x.test", _version_at="2026-10-03T12:00:00")],
        "users": [user("U1", "2026-10-05T12:00:00", "East", manager_id="U2"),
                  user("U2", at, "North", first_name="Renamed")],
    })  # fmt: skip
    lake.load("hubspot", {
        "deals": [deal(at, "s1")],
        "deal_history": [deal_change("dealstage", "s1", at)],
        "teams": [{"id": "7", "name": "APAC – One", "region": "Pacific", "manager_owner_id": "W1",
                   "_version_at": at}],
        "email_campaigns": [{"id": "M1", "name": "Autumn again", "_version_at": at}],
    })  # fmt: skip


def forecast(origin: str, scored_at: str, amount: float, **other: Any) -> dict[str, Any]:
    return {
        "origin_date": origin, "level": "company", "region_name": "All", "period_type": "month",
        "period_start_date": "2026-10-01", "forecast_amount": amount, "low_amount": 0.0,
        "high_amount": 2 * amount, "booked_to_date_amount": 0.0, "baseline_name": "b",
        "baseline_amount": amount, "model_version": "1", "scored_at": scored_at, **other,
    }  # fmt: skip


FORECAST_STEPS: tuple[list[dict[str, Any]], ...] = (
    [
        forecast("2026-09-05", "2026-10-11T03:00:00Z", 1.0, period_start_date="2026-09-01"),
        forecast("2026-10-10", "2026-10-11T03:00:00Z", 2.0, period_type="quarter",
                 period_start_date="2026-08-01"),
        forecast("2026-10-10", "2026-10-11T03:00:00Z", 3.0),
    ],
    [
        forecast("2026-10-12", "2026-10-12T15:00:00Z", 4.0),
        forecast("2026-10-12", "2026-10-12T16:00:00Z", 5.0, model_version="2"),
        forecast("2026-10-12", "2026-10-13T03:00:00Z", 6.0),
        forecast("2026-10-10", "2026-10-13T03:00:00Z", 7.0),
    ],
    [forecast("2026-10-20", "2026-10-21T03:00:00Z", 8.0, low_amount=None)],
    [],
    [forecast("2026-11-03", "2026-11-03T15:00:00Z", 9.0, period_start_date="2026-11-01")],
)  # fmt: skip


def nothing(lake: RawLake) -> None:
    """Days pass and no one touches anything."""


STEPS: tuple[Step, ...] = (
    ("2026-10-11T03:00:00Z", beginning),
    ("2026-10-13T03:00:00Z", moves_merges_and_late_versions),
    ("2026-10-21T03:00:00Z", reopened_deleted_and_restated),
    ("2026-10-26T03:00:00Z", undeleted_and_out_of_order),
    ("2026-11-03T15:00:00Z", nothing),
)
COMPARED = (2, 4)
"""Steps after which the grown release is compared with a new one."""
FORECASTS = "fct_forecasting_scores"


def test_increments_give_what_a_full_build_gives(tmp_path: Path) -> None:
    lake = RawLake(tmp_path / "lake", SOURCES)
    grown = Release(tmp_path / "grown", lake, tmp_path / "dbt")
    for number, (as_of, change) in enumerate(STEPS):
        change(lake)
        lake.predict("forecasting", PREDICTION_SCHEMA, FORECAST_STEPS[number])
        grown.run("+" + FORECASTS, as_of=as_of)
        if number not in COMPARED:
            continue
        whole = Release(tmp_path / f"whole_{number}", lake, tmp_path / "dbt")
        whole.run("+" + FORECASTS, as_of=as_of)
        assert differences(grown, whole) == {}, change.__name__
        assert differences(grown, whole, "scores") == {}, change.__name__
    assert grown.query(
        "select strftime(origin_date, '%m-%d'), period_type, forecast_amount, is_current,"
        f" actual_amount from scores.{FORECASTS} order by 1, 2"
    ) == [
        ("09-05", "month", 1, False, 1200),
        ("10-10", "month", 3, False, 0),
        ("10-10", "quarter", 2, False, 1200),
        ("10-12", "month", 6, False, 0),
        ("10-20", "month", 8, False, 0),
        ("11-03", "month", 9, True, None),
    ]
