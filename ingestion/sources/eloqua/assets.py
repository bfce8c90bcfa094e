"""Assets page by page: campaigns, e-mails, forms and e-mail groups."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ingestion.entity import VERSION_AT, Page, Row
from ingestion.http import field_of
from ingestion.sources.eloqua.exports import instant
from ingestion.sources.eloqua.pod import Pod
from ingestion.sources.eloqua.settings import ASSET_ROWS, ID_ROWS, REST, Asset


def read_assets(pod: Pod, asset: Asset, since: datetime | None) -> Iterator[Page]:
    """Assets changed at or after `since`, archived ones among them."""
    asked = {"search": f"updatedAt>='{instant(since)}'"} if since else {}
    instants = _instants(asset)
    for page in _pages(pod, asset, {**asked, "depth": "partial", "count": ASSET_ROWS}):
        yield [_row(asset, instants, record) for record in page]


def read_ids(pod: Pod, asset: Asset) -> Iterator[list[Row]]:
    """Ids of all assets there are."""
    for page in _pages(pod, asset, {"depth": "minimal", "count": ID_ROWS}):
        yield [{"id": record.get("id")} for record in page]


def _pages(pod: Pod, asset: Asset, params: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    if asset.has_archive:
        params = {**params, "includeArchived": "true"}
    number = 1
    while True:
        asked = {**params, "page": number, "orderBy": "id"}
        answer = pod.get_json(f"{REST}/{asset.path}", asked)
        yield field_of(answer, "elements", f"eloqua: {asset.path}")
        if number * params["count"] >= int(field_of(answer, "total", f"eloqua: {asset.path}")):
            return
        number += 1


def _instants(asset: Asset) -> frozenset[str]:
    schema = asset.entity.columns
    return frozenset(name for name in schema.names if str(schema.field(name).type)[:4] == "time")


def _row(asset: Asset, instants: frozenset[str], record: dict[str, Any]) -> Row:
    row = {
        column: _moment(record.get(field)) if column in instants else _plain(record.get(field))
        for column, field in asset.fields.items()
    }
    row[VERSION_AT] = row["updated_at"] or row["created_at"]
    return row


def _moment(value: Any) -> Any:
    """Seconds since 1970, as text; what is read further on are milliseconds."""
    return 1_000 * int(value) if isinstance(value, str) and value.isdigit() else value


def _plain(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else value
