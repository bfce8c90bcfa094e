"""Aircall in the sandbox."""

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.aircall.aircall_tables import tables
from ingestion.sandbox.vendors.aircall.limits import LimitHeaders
from ingestion.sandbox.vendors.aircall.refusals import not_found, refusal
from ingestion.sandbox.vendors.aircall.routes import aircall_routes

VENDOR = Vendor(
    routes=aircall_routes,
    tables=tables,
    refusal=refusal,
    not_found=not_found,
    lists=("calls", "users", "numbers", "teams", "tags", "contacts"),
    middleware=LimitHeaders,
)
