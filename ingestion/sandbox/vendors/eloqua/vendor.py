"""Oracle Eloqua in the sandbox: marketing of APAC."""

from typing import Any

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.eloqua.eloqua_tables import tables
from ingestion.sandbox.vendors.eloqua.paths import LenientPaths
from ingestion.sandbox.vendors.eloqua.refusals import refusal, unknown
from ingestion.sandbox.vendors.eloqua.routes import eloqua_routes


def _not_found(status: int) -> Any:
    return unknown().body


VENDOR = Vendor(
    routes=eloqua_routes,
    tables=tables,
    refusal=refusal,
    not_found=_not_found,
    lists=("items", "elements"),
    middleware=LenientPaths,
)
