"""Highspot in the sandbox."""

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.highspot.highspot_tables import tables
from ingestion.sandbox.vendors.highspot.refusals import not_found, refusal
from ingestion.sandbox.vendors.highspot.routes import highspot_routes

VENDOR = Vendor(
    routes=highspot_routes,
    tables=tables,
    refusal=refusal,
    not_found=not_found,
    lists=("collection",),
)
