"""A real sandbox server on loopback over a company of a few literal rows."""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import httpx
import polars as pl
import uvicorn

from ingestion.sandbox.app import build_app, build_world
from ingestion.sandbox.clock import Beginning, Clock
from ingestion.sandbox.company.tables import SCHEMAS
from ingestion.sandbox.vendors.google_ads import credentials as google_ads_credentials
from ingestion.sandbox.vendors.hubspot import credentials as hubspot_credentials
from ingestion.sandbox.vendors.pardot import credentials as pardot_credentials
from ingestion.sandbox.vendors.salesforce import credentials as salesforce_credentials
from ingestion.sandbox.world import World

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
Rows = dict[str, list[dict[str, Any]]]


def at(text: str) -> datetime:
    """UTC instant of `2026-11-18 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def frames(rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, pl.DataFrame]:
    """Company tables from rows; absent columns are null, absent tables empty."""
    return {
        name: pl.DataFrame(
            [{column: row.get(column) for column in schema} for row in rows.get(name, [])],
            schema=schema,
        )
        for name, schema in SCHEMAS.items()
        if not name.startswith("hidden")
    }


def user(number: int, crm: str, **values: Any) -> dict[str, Any]:
    return {
        "user_n": number, "version_at": at("2025-01-01"), "first_name": "Ada",
        "last_name": f"User{number}", "email": f"User{number}@acme.example", "role": "Rep",
        "team_name": "East", "region_name": "APAC" if crm == "hubspot" else "EMEA",
        "hired_on": date(2025, 1, 1), "is_active": True, "crm": crm, **values,
    }  # fmt: skip


def account(number: int, crm: str, version: str, **values: Any) -> dict[str, Any]:
    return {
        "account_n": number, "version_at": at(version), "is_deleted": False,
        "created_at": at("2026-01-01"), "name": f"Account {number}", "domain": f"a{number}.example",
        "industry": "Software", "segment": "SMB", "employees": 10 * number,
        "annual_revenue": 1000.5 * number, "country": "Japan", "region_name": "APAC",
        "owner_n": 1, "crm": crm, **values,
    }  # fmt: skip


def opportunity(number: int, crm: str, version: str, **values: Any) -> dict[str, Any]:
    return {
        "opportunity_n": number, "version_at": at(version), "is_deleted": False,
        "created_at": at("2026-02-01"), "account_n": 1, "owner_n": 1, "contact_n": 1,
        "product_n": 1, "name": f"Deal {number}", "type": "New Business",
        "stage": "Qualification", "amount": 1000.0, "currency_code": "USD", "probability": 0.1,
        "forecast_category": "Pipeline", "close_date": date(2026, 12, 31), "is_closed": False,
        "is_won": False, "lead_source": "Web", "crm": crm, **values,
    }  # fmt: skip


def lead(number: int, crm: str, version: str, **values: Any) -> dict[str, Any]:
    return {
        "lead_n": number, "version_at": at(version), "is_deleted": False,
        "created_at": at("2026-03-01"), "first_name": "Lee", "last_name": f"Lead{number}",
        "email": f"lead{number}@acme.example", "company": "Acme", "region_name": "APAC",
        "lead_source": "Web", "status": "New", "owner_n": 1, "is_converted": False, "crm": crm,
        **values,
    }  # fmt: skip


def contact(number: int, crm: str, version: str, **values: Any) -> dict[str, Any]:
    return {
        "contact_n": number, "version_at": at(version), "is_deleted": False,
        "created_at": at(version), "account_n": 1, "first_name": "Con",
        "last_name": f"Tact{number}", "email": f"contact{number}@acme.example", "crm": crm,
        **values,
    }  # fmt: skip


def activity(number: int, crm: str, kind: str, version: str, **values: Any) -> dict[str, Any]:
    return {
        "activity_n": number, "version_at": at(version), "is_deleted": False,
        "created_at": at(version), "type": kind, "direction": "outbound",
        "subject": f'Hello, "{number}"', "occurred_at": at(version), "duration_seconds": 90,
        "outcome": "Connected", "is_completed": True, "owner_n": 1, "account_n": 1, "crm": crm,
        **values,
    }  # fmt: skip


# What is served is plain HTTP: no client has to read the system's certificates first.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Sandbox:
    """Client of a running sandbox: each vendor with its login, and the admin routes.

    `world` is what runs behind it, for what it knows to be true.
    """

    def __init__(self, base_url: str, world: World | None = None) -> None:
        self.base_url = base_url
        self.world = world
        self.admin = httpx.Client(base_url=base_url, timeout=20, verify=NO_TLS)

    def close(self) -> None:
        self.admin.close()

    def advance(self, seconds: float) -> None:
        self.admin.post("/_sandbox/advance", json={"seconds": seconds}).raise_for_status()

    def fault(self, vendor: str, kind: str, **more: Any) -> None:
        order = {"vendor": vendor, "kind": kind, **more}
        self.admin.post("/_sandbox/faults", json=order).raise_for_status()

    def clear_faults(self) -> None:
        self.admin.delete("/_sandbox/faults").raise_for_status()

    def salesforce(self) -> httpx.Client:
        answer = self.admin.post(
            "/salesforce/services/oauth2/token",
            data={
                "grant_type": "client_credentials",
                "client_id": salesforce_credentials.CLIENT_ID,
                "client_secret": salesforce_credentials.CLIENT_SECRET,
            },
        )
        token = answer.raise_for_status().json()
        return self._client(token["instance_url"], token["access_token"])

    def hubspot(self) -> httpx.Client:
        return self._client(f"{self.base_url}/hubspot", hubspot_credentials.ACCESS_TOKEN)

    def google_ads(self) -> httpx.Client:
        answer = self.admin.post(
            "/google_ads/token",
            data={
                "grant_type": "refresh_token",
                "client_id": google_ads_credentials.CLIENT_ID,
                "client_secret": google_ads_credentials.CLIENT_SECRET,
                "refresh_token": google_ads_credentials.REFRESH_TOKEN,
            },
        )
        token = answer.raise_for_status().json()["access_token"]
        client = self._client(f"{self.base_url}/google_ads", token)
        client.headers["developer-token"] = google_ads_credentials.DEVELOPER_TOKEN
        return client

    def pardot(self) -> httpx.Client:
        answer = self.admin.post(
            "/pardot/login/services/oauth2/token",
            data={
                "grant_type": "client_credentials",
                "client_id": pardot_credentials.CLIENT_ID,
                "client_secret": pardot_credentials.CLIENT_SECRET,
            },
        )
        token = answer.raise_for_status().json()["access_token"]
        client = self._client(f"{self.base_url}/pardot/api/v5/objects", token)
        client.headers["Pardot-Business-Unit-Id"] = pardot_credentials.BUSINESS_UNIT_ID
        return client

    def _client(self, base_url: str, token: str) -> httpx.Client:
        return httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
            verify=NO_TLS,
        )


@contextmanager
def serve(rows: Rows, now: datetime = NOW) -> Iterator[Sandbox]:
    """A sandbox over these rows, with its clock standing at `now`, on a free port."""
    clock = Clock(
        beginning=Beginning(seed=1, scale=1.0, start=at("2026-01-01")), now=now, frozen=True
    )
    company = frames(rows)
    world = build_world(clock, lambda until: company)
    app = build_app(world)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    sandbox = Sandbox(f"http://127.0.0.1:{listener.getsockname()[1]}", world)
    try:
        yield sandbox
    finally:
        sandbox.close()
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
