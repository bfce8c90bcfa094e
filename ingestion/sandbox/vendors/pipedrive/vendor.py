"""Pipedrive in the sandbox."""

from typing import Any

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.pipedrive.limits import LimitHeaders
from ingestion.sandbox.vendors.pipedrive.pipedrive_tables import tables
from ingestion.sandbox.vendors.pipedrive.refusals import body, refusal
from ingestion.sandbox.vendors.pipedrive.routes import pipedrive_routes


def _not_found(status: int) -> Any:
    return body("Not found", status)


VENDOR = Vendor(
    routes=pipedrive_routes,
    tables=tables,
    refusal=refusal,
    not_found=_not_found,
    lists=("data",),
    middleware=LimitHeaders,
)
