"""Seismic in the sandbox."""

from datetime import timedelta

from ingestion.sandbox.mutations import WHOLE_REPLY
from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.seismic.refusals import not_found, refusal
from ingestion.sandbox.vendors.seismic.routes import seismic_routes
from ingestion.sandbox.vendors.seismic.seismic_tables import tables

VENDOR = Vendor(
    routes=seismic_routes,
    tables=tables,
    refusal=refusal,
    not_found=not_found,
    lists=(WHOLE_REPLY,),
    token_lifetime=timedelta(hours=1),
)
