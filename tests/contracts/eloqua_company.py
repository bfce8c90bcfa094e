"""A few literal people and mailings of Eloqua's region, and clients of its sandbox."""

from datetime import date
from typing import Any

import httpx

from ingestion.sandbox.vendors.eloqua import credentials
from tests.contracts.sandbox_server import Rows, Sandbox, account, at, contact, lead

CRM = "hubspot"
HARD_NAME = '株式会社サンプル,「東京」\n"支社"\u2028\u0085㈱，終'
BORN: dict[str, Any] = {"created_at": at("2026-11-01"), "company": HARD_NAME}
OPENS = 1_050
EVENTS = [
    (1, 1, "SENT", "2026-11-02 09:00"),
    (1, 3, "SENT", "2026-11-02 09:00"),
    (1, 5, "SENT", "2026-11-02 09:00"),
    (1, 1, "CLICK", "2026-11-03 08:00"),
    (1, 5, "BOUNCE", "2026-11-02 09:05"),
    (2, 1, "SENT", "2026-11-18 09:30"),
    (2, 5, "SENT", "2026-11-18 09:30"),
    (2, 5, "BOUNCE", "2026-11-18 09:35"),
    (2, 3, "STATUSCHANGE", "2026-11-18 10:20"),
    (1, 1, "SENT", "2026-11-18 10:30"),
    (2, 1, "OPEN", "2026-11-18 10:40"),
    *((1, 1, "OPEN", f"2026-11-03 {n // 60:02}:{n % 60:02}") for n in range(OPENS)),
]
ROWS: Rows = {
    "accounts": [
        account(1, CRM, "2026-01-01"),
        account(2, CRM, "2026-01-01", region_name="EMEA"),
    ],
    "contacts": [
        contact(1, CRM, "2026-02-01", first_name="健太", last_name="渡辺"),
        contact(2, CRM, "2026-02-01", account_n=2),
    ],
    "leads": [
        *(lead(n, CRM, "2026-11-01", **BORN) for n in range(1, 6)),
        lead(1, CRM, "2026-11-18 10:30", **BORN, title="Head of Sales"),
        lead(2, CRM, "2026-11-18 10:31", **BORN, is_deleted=True),
        lead(2, CRM, "2026-11-20 10:31", **BORN),
        lead(4, CRM, "2026-11-18 10:32", **BORN, is_deleted=True),
        lead(6, CRM, "2026-11-18 10:45", created_at=at("2026-11-18 10:45"), lead_source="Website"),
        lead(9, CRM, "2026-11-01", region_name="EMEA"),
    ],
    "campaigns": [
        {
            "campaign_n": 1, "version_at": at(moment), "name": "検索 | Brand", "channel": "Search",
            "status": status, "start_date": date(2026, 11, 1), "end_date": date(2026, 12, 1),
            "budget": 100.5,
        }
        for moment, status in (("2026-10-25", "Enabled"), ("2026-11-18 10:20", "Paused"))
    ],
    "email_campaigns": [
        {"email_campaign_n": n, "name": f"ニュース {n}", "subject": "Hi", "sent_at": at(moment)}
        for n, moment in (
            (1, "2026-11-02 08:00"),
            (2, "2026-11-18 08:00"),
            (11, "2026-07-21 11:00"),
            (17, "2026-08-20 11:00"),
            (22, "2026-05-01 11:00"),
        )
    ],
    "email_events": [
        {
            "event_n": n, "email_campaign_n": campaign, "recipient": f"Lead{person}@acme.example",
            "type": kind, "occurred_at": at(moment),
        }
        for n, (campaign, person, kind, moment) in enumerate(EVENTS)
    ],
}  # fmt: skip
KENTA, LEAD_1, LEAD_2, LEAD_3, LEAD_4, LEAD_5, LEAD_6 = (
    "100003", "100002", "100004", "100006", "100008", "100010", "100012",
)  # fmt: skip


def login(sandbox: Sandbox) -> httpx.Client:
    """A client with the right credentials, at the address that the login host gives."""
    auth = httpx.BasicAuth(f"{credentials.COMPANY}\\{credentials.USERNAME}", credentials.PASSWORD)
    answer = sandbox.admin.get("/eloqua/login/id", auth=auth).raise_for_status()
    return httpx.Client(base_url=answer.json()["urls"]["base"], auth=auth, timeout=20)


def synced(client: httpx.Client, kind: str, **order: Any) -> str:
    """The path of a finished sync of a new definition."""
    made = client.post(f"/API/Bulk/2.0/{kind}/exports", json={"name": "test", **order})
    body = {"syncedInstanceUri": made.raise_for_status().json()["uri"]}
    sync = client.post("/API/Bulk/2.0/syncs", json=body).raise_for_status().json()
    path = f"/API/Bulk/2.0{sync['uri']}"
    assert client.get(path).raise_for_status().json()["status"] == "success"
    return path


def exported(client: httpx.Client, kind: str, **order: Any) -> list[dict[str, str]]:
    """The records of an export of at most a page."""
    page = client.get(f"{synced(client, kind, **order)}/data", params={"limit": 50_000}).json()
    assert page["hasMore"] is False
    return list(page.get("items", []))
