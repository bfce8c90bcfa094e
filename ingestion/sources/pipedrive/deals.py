"""Deals of Pipedrive with what hangs on them: changes and products; and leads."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from ingestion.entity import VERSION_AT, Page, Row
from ingestion.http import VendorClient
from ingestion.parallel import side_by_side
from ingestion.sources.pipedrive.calls import cursor_pages, position_pages
from ingestion.sources.pipedrive.fields import FieldBook, read_fields
from ingestion.sources.pipedrive.objects import as_row, changed_since
from ingestion.sources.pipedrive.settings import (
    CALLS_AT_ONCE,
    DEAL_IDS,
    DEAL_PRODUCTS,
    DEALS,
    LEADS,
)

LISTS = ("/api/v2/deals", "/api/v2/deals/archived")
LIVE = "open,won,lost"


def read_deals(client: VendorClient, since: datetime | None) -> Iterator[Page]:
    """Deals changed at or after `since`, those deleted within the last 30 days among them."""
    book = read_fields(client, "dealFields", DEALS)
    names = DEALS.columns.names
    for page in _changed(client, since, f"{LIVE},deleted"):
        yield [
            {
                **as_row(record, names, book),
                "channel_name": book.label("channel", record.get("channel")),
            }
            for record in page
        ]


def read_deal_ids(client: VendorClient) -> Iterator[list[Row]]:
    for page in _changed(client, None, LIVE):
        yield [{"id": record.get("id")} for record in page]


def read_history(client: VendorClient, since: datetime | None) -> Iterator[Page]:
    """All changes of each deal that changed: one call a deal, none for one as it was created."""
    book = read_fields(client, "dealFields", DEALS)

    def changes(deal: Mapping[str, Any]) -> list[Row]:
        path = f"/api/v1/deals/{deal['id']}/changelog"
        found = [change for page in cursor_pages(client, path, {}) for change in page]
        return _numbered(deal["id"], found, book)

    for page in _changed(client, since, LIVE):
        touched = [
            partial(changes, deal)
            for deal in page
            if deal.get("id") and deal.get("update_time") != deal.get("add_time")
        ]
        yield [row for rows in side_by_side(touched, workers=CALLS_AT_ONCE) for row in rows]


def _numbered(deal_id: Any, found: Sequence[Mapping[str, Any]], book: FieldBook) -> list[Row]:
    """Changes in the order they were made; one field may change twice within a second."""
    seen: Counter[tuple[Any, Any]] = Counter()
    rows: list[Row] = []
    for change in reversed(found):
        code, at = str(change.get("field_key")), change.get("time")
        rows.append(
            {
                "deal_id": deal_id,
                "field_key": code,
                "field_name": book.name(code),
                "old_value": book.readable(code, change.get("old_value")),
                "new_value": book.readable(code, change.get("new_value")),
                "actor_user_id": change.get("actor_user_id"),
                "change_source": change.get("change_source"),
                "change_number": seen[code, at],
                "changed_at": at,
                VERSION_AT: at,
            }
        )
        seen[code, at] += 1
    return rows


def read_deal_products(client: VendorClient, since: datetime | None) -> Iterator[Page]:
    """Products of deals that changed: a deal changes with them."""
    names = DEAL_PRODUCTS.columns.names
    for page in _products(client, since):
        yield [as_row(record, names, FieldBook()) for record in page]


def read_deal_product_ids(client: VendorClient) -> Iterator[list[Row]]:
    for page in _products(client, None):
        yield [{"id": record.get("id")} for record in page]


def _products(client: VendorClient, since: datetime | None) -> Iterator[list[Any]]:
    for page in _changed(client, since, LIVE):
        ids = [str(deal["id"]) for deal in page if deal.get("id")]
        for first in range(0, len(ids), DEAL_IDS):
            asked = {"deal_ids": ",".join(ids[first : first + DEAL_IDS])}
            yield from cursor_pages(client, "/api/v2/deals/products", asked)


def _changed(client: VendorClient, since: datetime | None, statuses: str) -> Iterator[list[Any]]:
    """Deals of both lists: an archived deal is in its own only."""
    params = {**changed_since(since), "status": statuses, "include_fields": "source_lead_id"}
    for path in LISTS:
        yield from cursor_pages(client, path, params)


def read_leads(client: VendorClient) -> Iterator[Page]:
    """All leads, archived ones too: deletion and conversion leave no trace but their absence."""
    book = read_fields(client, "dealFields", LEADS)
    for path in ("/api/v1/leads", "/api/v1/leads/archived"):
        for page in position_pages(client, path, {}):
            yield [_lead(record, book) for record in page]


def _lead(record: Mapping[str, Any], book: FieldBook) -> Row:
    """Leads carry the custom fields of deals beside their own."""
    custom = {code: value for code, value in record.items() if code in book.custom}
    value = record.get("value") or {}
    return {
        **as_row({**record, "custom_fields": custom}, LEADS.columns.names, book),
        "value_amount": value.get("amount"),
        "value_currency": value.get("currency"),
        "channel_name": book.label("channel", record.get("channel")),
    }
