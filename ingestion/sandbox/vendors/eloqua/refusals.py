"""What Eloqua answers on a bad day. Limits come with a status and without any header."""

from typing import Any

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.vendor import Reply

_REPLIES: dict[str, tuple[int, Any]] = {
    "rate_limit": (429, "Too many requests."),
    "quota_exhausted": (413, "Storage space exceeded."),
    "permission_denied": (403, "Forbidden"),
    "server_error": (500, "The service has encountered an internal server error."),
    "down": (503, "There was a timeout processing the request."),
    "token_expiry": (401, "Login required."),
}


def refusal(kind: str, wait: str) -> Reply:
    status, body = _REPLIES[kind]
    return status, body, {}


def login_required() -> VendorError:
    return VendorError(401, "Login required.")


def invalid(field: str, value: Any, constraint: str) -> VendorError:
    """A validation error of the Bulk API: which field, and what it must be."""
    failure = {"field": field, "value": value, "constraint": constraint}
    return VendorError(400, {"failures": [failure]})


def conflict() -> VendorError:
    return VendorError(409, "There was a conflict.")


def unknown() -> VendorError:
    return VendorError(404, "The requested resource was not found.")
