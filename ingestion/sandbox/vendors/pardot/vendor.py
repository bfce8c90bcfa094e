"""Pardot (Account Engagement) in the sandbox: marketing of EMEA."""

from datetime import timedelta
from typing import Any

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.pardot.pardot_tables import tables
from ingestion.sandbox.vendors.pardot.refusals import refusal, says
from ingestion.sandbox.vendors.pardot.routes import pardot_routes


def _not_found(status: int) -> Any:
    return says(198, "Endpoint not found")


VENDOR = Vendor(
    routes=pardot_routes,
    tables=tables,
    refusal=refusal,
    not_found=_not_found,
    lists=("values",),
    token_lifetime=timedelta(hours=2),
)
