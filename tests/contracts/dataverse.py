"""A company of a few literal rows whose CRM is Dynamics, and a client of its sandbox."""

from typing import Any

import httpx

from ingestion.sandbox.vendors.dynamics import credentials
from tests.contracts.sandbox_server import (
    Rows,
    Sandbox,
    account,
    activity,
    at,
    contact,
    lead,
    opportunity,
    user,
)

CRM = "dynamics"
API = "/api/data/v9.2"
TOKEN = f"/dynamics/{credentials.TENANT_ID}/oauth2/v2.0/token"
FORMATTED = "@OData.Community.Display.V1.FormattedValue"
LOOKUP_TYPE = "@Microsoft.Dynamics.CRM.lookuplogicalname"


def closed(number: int, version: str, **values: Any) -> dict[str, Any]:
    ending = {
        "stage": "Closed Lost", "probability": 0.0, "forecast_category": "Omitted",
        "is_closed": True, "loss_reason": "Price", "currency_code": "EUR",
    }  # fmt: skip
    return opportunity(number, CRM, version, **(ending | values))


COMPANY: Rows = {
    "users": [
        user(1, CRM, region_name="EMEA", team_name="DACH", manager_n=2),
        user(2, CRM, role="Manager", region_name="EMEA", team_name="DACH", manager_n=9),
        user(1, CRM, version_at=at("2026-11-18 10:20"), region_name="EMEA", team_name="Nordics",
             manager_n=2),
    ],
    "accounts": [
        *(account(number, CRM, "2026-11-01 08:00", region_name="EMEA") for number in range(1, 9)),
        account(4, CRM, "2026-11-02", name="株式会社 O'Neil & Söhne", industry=None),
        account(2, CRM, "2026-11-18 10:30", is_deleted=True),
        account(3, CRM, "2026-11-18 10:31", is_deleted=True, merged_into_n=1),
        account(2, CRM, "2026-11-18 12:30"),
        account(90, "salesforce", "2026-11-01 08:00"),
    ],
    "contacts": [contact(number, CRM, "2026-11-02 08:00") for number in range(1, 7)],
    "leads": [
        *(lead(number, CRM, "2026-11-03 08:00") for number in range(1, 7)),
        lead(1, CRM, "2026-11-18 10:40", is_converted=True, status="Converted",
             converted_at=at("2026-11-18 10:40"), converted_opportunity_n=2),
    ],
    "opportunities": [
        *(opportunity(number, CRM, "2026-11-04 08:00", currency_code="EUR")
          for number in range(1, 7)),
        opportunity(1, CRM, "2026-11-18 10:40", stage="Proposal", probability=0.5, amount=1500.0,
                    currency_code="EUR", forecast_category="Best Case"),
        closed(6, "2026-11-18 10:45"),
        closed(5, "2026-11-18 10:50", is_deleted=True),
    ],
    "line_items": [
        {
            "line_item_n": 1, "version_at": at("2026-11-04 08:00"), "is_deleted": False,
            "created_at": at("2026-11-04 08:00"), "opportunity_n": 1, "product_n": 1, "quantity": 3,
            "unit_price": 10.5, "currency_code": "EUR", "crm": CRM,
        }
    ],
    "activities": [
        *(activity(n, CRM, "call", f"2026-11-05 08:0{n}", opportunity_n=1, contact_n=1)
          for n in range(1, 7)),
        activity(7, CRM, "meeting", "2026-11-05 09:00", is_completed=False, account_n=None,
                 lead_n=2),
        activity(8, CRM, "email", "2026-11-18 10:10", direction="inbound"),
        activity(9, CRM, "task", "2026-11-05 09:30", duration_seconds=None),
    ],
    "products": [
        {"product_n": 1, "name": "Core", "family": "Platform", "code": "C-1", "list_price": 10.0}
    ],
    "quotas": [
        {"quota_n": 1, "version_at": at("2026-11-01"), "user_n": 1, "amount": 50.0,
         "month": at("2026-11-01").date(), "currency_code": "USD"}
    ],
    "exchange_rates": [
        {"currency_code": code, "start_date": at("2026-01-01").date(), "units_per_usd": rate}
        for code, rate in (("USD", 1.0), ("EUR", 0.9))
    ],
}  # fmt: skip


def access(sandbox: Sandbox, **changed: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.CLIENT_ID,
        "client_secret": credentials.CLIENT_SECRET,
        "scope": f"{sandbox.base_url}/dynamics/.default",
    }
    return sandbox.admin.post(TOKEN, data={**form, **changed})


def signed_in(sandbox: Sandbox) -> httpx.Client:
    token = access(sandbox).raise_for_status().json()["access_token"]
    return httpx.Client(
        base_url=f"{sandbox.base_url}/dynamics{API}",
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    )
