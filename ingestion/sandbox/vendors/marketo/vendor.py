"""Marketo Engage in the sandbox."""

from datetime import timedelta
from typing import Any

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.marketo.marketo_tables import tables
from ingestion.sandbox.vendors.marketo.refusals import failure, refusal
from ingestion.sandbox.vendors.marketo.routes import marketo_routes


def _not_found(status: int) -> Any:
    return failure(610, "Requested resource not found")


VENDOR = Vendor(
    routes=marketo_routes,
    tables=tables,
    refusal=refusal,
    not_found=_not_found,
    lists=("result",),
    token_lifetime=timedelta(hours=1),
)
