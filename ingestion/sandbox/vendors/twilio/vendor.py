"""Twilio in the sandbox."""

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.twilio.refusals import not_found, refusal
from ingestion.sandbox.vendors.twilio.routes import twilio_routes
from ingestion.sandbox.vendors.twilio.twilio_tables import tables

VENDOR = Vendor(
    routes=twilio_routes,
    tables=tables,
    refusal=refusal,
    not_found=not_found,
    lists=("calls", "incoming_phone_numbers"),
)
