"""Google Ads in the sandbox."""

from datetime import timedelta
from typing import Any

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.google_ads.campaigns import tables
from ingestion.sandbox.vendors.google_ads.refusals import refusal
from ingestion.sandbox.vendors.google_ads.service import google_ads_routes


def _not_found(status: int) -> Any:
    message = "The requested resource does not exist"
    return {"error": {"code": status, "message": message, "status": "NOT_FOUND"}}


VENDOR = Vendor(
    routes=google_ads_routes,
    tables=tables,
    refusal=refusal,
    not_found=_not_found,
    lists=("results",),
    token_lifetime=timedelta(hours=1),
)
