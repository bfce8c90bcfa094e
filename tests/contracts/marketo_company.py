"""A few literal people and campaigns of Marketo's region, and a client of its sandbox."""

from datetime import date
from typing import Any

import httpx

from ingestion.sandbox.vendors.marketo import credentials
from tests.contracts.sandbox_server import Rows, Sandbox, account, at, contact, lead

CRM = "salesforce"
HERE = {"region_name": "North America"}
# What a careless reader of CSV breaks on: separators, quotes, all that Unicode calls a line break.
HARD_NAME = '株式会社サンプル,「東京」\n"支社"\u2028\u0085㈱，終'
ROWS: Rows = {
    "accounts": [account(1, CRM, "2026-01-01", **HERE), account(2, CRM, "2026-01-01")],
    "contacts": [
        contact(1, CRM, "2025-06-01", first_name="李", last_name="小龍"),
        contact(2, CRM, "2026-09-20", account_n=2),
        contact(7, CRM, "2026-10-01", title="CFO", email="lead1@acme.example"),
        contact(7, CRM, "2026-11-18 10:20", title="CEO", email="lead1@acme.example"),
    ],
    "leads": [
        lead(1, CRM, "2026-09-01", **HERE, company=HARD_NAME, created_at=at("2026-09-01"),
             lead_source="Website", campaign_n=1),
        lead(1, CRM, "2026-10-01", **HERE, company=HARD_NAME, created_at=at("2026-09-01"),
             lead_source="Website", campaign_n=1, status="Converted", is_converted=True,
             converted_contact_n=7),
        lead(2, CRM, "2026-09-02", **HERE, created_at=at("2026-09-02"), lead_source="Referral"),
        lead(2, CRM, "2026-11-18 10:30", **HERE, created_at=at("2026-09-02"),
             lead_source="Referral", is_deleted=True),
        lead(3, CRM, "2026-09-03", **HERE, created_at=at("2026-09-03"), lead_source="Partner",
             campaign_n=1),
        lead(3, CRM, "2026-11-18 10:40", **HERE, created_at=at("2026-09-03"),
             lead_source="Partner", campaign_n=1, is_deleted=True, merged_into_n=1),
        lead(4, CRM, "2026-09-04", region_name="EMEA", created_at=at("2026-09-04")),
        lead(5, CRM, "2026-09-05", **HERE, created_at=at("2026-09-05"), lead_source="Referral"),
        lead(5, CRM, "2026-11-18 10:50", **HERE, created_at=at("2026-09-05"),
             lead_source="Referral", status="Working"),
    ],
    "campaigns": [
        {
            "campaign_n": 1, "version_at": at("2026-08-25"), "name": "検索 | Brand",
            "channel": "Search", "status": "Enabled", "start_date": date(2026, 9, 1),
            "end_date": date(2026, 12, 1), "budget": 100.0,
        }
    ],
    "campaign_daily": [
        {"campaign_n": 1, "date": date(2026, 9, 1), "version_at": at("2026-09-02 03:00"),
         "cost": 10.4, "impressions": 1, "clicks": 1, "conversions": 0.0},
        {"campaign_n": 1, "date": date(2026, 10, 1), "version_at": at("2026-10-02 03:00"),
         "cost": 20.0, "impressions": 1, "clicks": 1, "conversions": 0.0},
        {"campaign_n": 1, "date": date(2026, 10, 1), "version_at": at("2026-11-18 10:10"),
         "cost": 25.0, "impressions": 1, "clicks": 1, "conversions": 0.0},
    ],
    "campaign_members": [
        {"member_n": 1, "version_at": at("2026-09-10"), "campaign_n": 1, "lead_n": 1,
         "status": "Sent"},
        {"member_n": 1, "version_at": at("2026-11-18 10:15"), "campaign_n": 1, "lead_n": 1,
         "status": "Responded", "responded_on": date(2026, 11, 18)},
        {"member_n": 3, "version_at": at("2026-09-11"), "campaign_n": 1, "lead_n": 3,
         "status": "Sent"},
        {"member_n": 4, "version_at": at("2026-09-12"), "campaign_n": 1, "lead_n": 4,
         "status": "Sent"},
    ],
    "email_campaigns": [
        {"email_campaign_n": 1, "name": "ニュース, 9月", "subject": "Hi",
         "sent_at": at("2026-09-06")}
    ],
    "email_events": [
        {"event_n": number, "email_campaign_n": 1, "recipient": recipient, "type": kind,
         "occurred_at": at(moment)}
        for number, (recipient, kind, moment) in enumerate(
            [
                ("Lead1@acme.example", "SENT", "2026-09-06 08:00"),
                ("lead1@acme.example", "DELIVERED", "2026-09-06 08:01"),
                ("lead1@acme.example", "OPEN", "2026-09-06 09:00"),
                ("lead1@acme.example", "CLICK", "2026-09-06 09:01"),
                ("lead5@acme.example", "SENT", "2026-09-06 08:00"),
                ("lead5@acme.example", "BOUNCE", "2026-09-06 08:02"),
                ("lead4@acme.example", "SENT", "2026-09-06 08:00"),
                ("lead1@acme.example", "STATUSCHANGE", "2026-11-18 10:25"),
            ],
            1,
        )
    ],
}  # fmt: skip
# In order of creation; contact 1 was there before and came in with the first lead.
LEAD_1, CONTACT_1, LEAD_2, LEAD_3, LEAD_5 = range(1001, 1006)
PROGRAM = 1001


def login(sandbox: Sandbox) -> httpx.Client:
    """A client with a token, as the vendor wants it."""
    answer = sandbox.admin.post(
        "/marketo/identity/oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_id": credentials.CLIENT_ID,
            "client_secret": credentials.CLIENT_SECRET,
        },
    )
    token = answer.raise_for_status().json()["access_token"]
    return httpx.Client(
        base_url=f"{sandbox.base_url}/marketo",
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    )


def get(client: httpx.Client, path: str, **params: Any) -> dict[str, Any]:
    """A good answer, envelope and all."""
    body = client.get(path, params=params).raise_for_status().json()
    assert body["success"] is True, body
    return dict(body)


def code_of(answer: httpx.Response) -> str:
    """The code of an error, which comes with status 200."""
    assert answer.status_code == 200
    assert answer.json()["success"] is False
    return str(answer.json()["errors"][0]["code"])
