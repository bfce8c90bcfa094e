"""Gmail and Google Workspace's directory in the sandbox."""

from datetime import timedelta

from fastapi import APIRouter

from ingestion.sandbox.vendor import Vendor
from ingestion.sandbox.vendors.gmail.access import token_routes
from ingestion.sandbox.vendors.gmail.directory import directory_routes
from ingestion.sandbox.vendors.gmail.gmail_tables import tables
from ingestion.sandbox.vendors.gmail.mailbox import mailbox_routes
from ingestion.sandbox.vendors.gmail.refusals import not_found, refusal
from ingestion.sandbox.world import World


def _routes(world: World) -> APIRouter:
    router = APIRouter()
    for part in (token_routes, directory_routes, mailbox_routes):
        router.include_router(part(world))
    return router


VENDOR = Vendor(
    routes=_routes,
    tables=tables,
    refusal=refusal,
    not_found=not_found,
    lists=("messages", "history", "users"),
    token_lifetime=timedelta(hours=1),
)
