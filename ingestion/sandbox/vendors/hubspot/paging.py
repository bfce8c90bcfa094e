"""Pages of HubSpot's small lists."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from ingestion.sandbox.replies import json_reply
from ingestion.sandbox.vendors.hubspot.records import error


def page(request: Request, found: list[dict[str, Any]], limit: int, *, most: int) -> Response:
    """A page of a small list; `after` is the position."""
    if not 1 <= limit <= most:
        raise error(400, f"limit {limit}: between 1 and {most} is allowed")
    after = request.query_params.get("after", "0")
    if not after.isdigit():
        raise error(400, f"Invalid paging cursor: {after}")
    reached = int(after) + limit
    body: dict[str, Any] = {"total": len(found), "results": found[int(after) : reached]}
    if reached < len(found):
        link = str(request.url.include_query_params(after=str(reached)))
        body["paging"] = {"next": {"after": str(reached), "link": link}}
    return json_reply(body)
