"""What Seismic answers when it refuses: an error with code and message; no Retry-After."""

import math
from typing import Any

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.vendor import Reply

CALLS_A_MINUTE = 600


def says(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "details": []}}


def error(status: int, code: str, message: str) -> VendorError:
    return VendorError(status, says(code, message))


def not_found(status: int) -> Any:
    return says("NotFound", "The requested resource does not exist.")


def refusal(kind: str, wait: str) -> Reply:
    """Reply to a fault. The wait stands in the message, in whole seconds."""
    seconds = math.ceil(float(wait))
    no_calls = {"X-Seismic-Remaining-Calls": "0", "X-Seismic-Total-Calls": str(CALLS_A_MINUTE)}
    too_many = "Rate limit is exceeded. Try again in {} seconds."
    return {
        "rate_limit": (429, says("TooManyRequests", too_many.format(seconds)), no_calls),
        "quota_exhausted": (429, says("TooManyRequests", too_many.format(86_400)), no_calls),
        "permission_denied": (
            403,
            says("Forbidden", "The application or its user is not allowed to do this."),
            {},
        ),
        "server_error": (500, says("InternalServerError", "An unexpected error occurred."), {}),
        "down": (503, says("ServiceUnavailable", "The service is unavailable."), {}),
    }[kind]
