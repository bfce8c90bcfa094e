"""Zoom in the sandbox."""

from datetime import timedelta

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.zoom.refusals import not_found, refusal
from ingestion.sandbox.vendors.zoom.routes import zoom_routes
from ingestion.sandbox.vendors.zoom.zoom_tables import tables

VENDOR = Vendor(
    routes=zoom_routes,
    tables=tables,
    refusal=refusal,
    not_found=not_found,
    lists=("users", "meetings", "participants"),
    token_lifetime=timedelta(hours=1),
)
