"""Raw HTTP replies: every vendor answer is finished bytes, no response model is validated."""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import Body, Form
from starlette.responses import Response

JsonBody = Annotated[dict[str, Any], Body()]
FormField = Annotated[str, Form()]


class VendorError(Exception):
    """An error reply in a vendor's own form; the app turns it into the HTTP response."""

    def __init__(self, status: int, body: Any, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def json_reply(
    body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """JSON bytes by orjson; instants must already be text in the vendor's format."""
    return Response(
        orjson.dumps(body),
        status_code=status,
        media_type="application/json",
        headers=dict(headers or {}),
    )
