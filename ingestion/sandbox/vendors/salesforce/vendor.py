"""Salesforce in the sandbox."""

from datetime import timedelta
from typing import Any

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.salesforce.objects import tables
from ingestion.sandbox.vendors.salesforce.refusals import refusal
from ingestion.sandbox.vendors.salesforce.routes import salesforce_routes


def _not_found(status: int) -> Any:
    return [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]


VENDOR = Vendor(
    routes=salesforce_routes,
    tables=tables,
    refusal=refusal,
    not_found=_not_found,
    lists=("records",),
    token_lifetime=timedelta(hours=2),
)
