"""LinkedIn Ads in the sandbox."""

from datetime import timedelta

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.linkedin_ads.linkedin_tables import tables
from ingestion.sandbox.vendors.linkedin_ads.refusals import not_found, refusal
from ingestion.sandbox.vendors.linkedin_ads.service import linkedin_ads_routes

VENDOR = Vendor(
    routes=linkedin_ads_routes,
    tables=tables,
    refusal=refusal,
    not_found=not_found,
    lists=("elements",),
    token_lifetime=timedelta(days=60),
)
