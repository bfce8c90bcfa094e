"""HubSpot in the sandbox."""

from typing import Any

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.hubspot.hubspot_tables import tables
from ingestion.sandbox.vendors.hubspot.limits import LimitHeaders
from ingestion.sandbox.vendors.hubspot.refusals import refusal
from ingestion.sandbox.vendors.hubspot.routes import hubspot_routes


def _not_found(status: int) -> Any:
    return {"status": "error", "message": "The requested resource does not exist"}


VENDOR = Vendor(
    routes=hubspot_routes,
    tables=tables,
    refusal=refusal,
    not_found=_not_found,
    lists=("results", "events", "lists"),
    middleware=LimitHeaders,
)
