"""What Highspot answers when it refuses. Nothing tells how long to wait."""

from typing import Any

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.vendor import Reply


def says(message: str) -> dict[str, Any]:
    return {"message": message}


def error(status: int, message: str) -> VendorError:
    return VendorError(status, says(message))


def not_found(status: int) -> Any:
    return says("Not found.")


def refusal(kind: str, wait: str) -> Reply:
    """Reply to a fault; `wait` is of no use here."""
    status, message = {
        "rate_limit": (429, "Too many requests."),
        "quota_exhausted": (429, "Too many requests."),
        "server_error": (500, "Internal server error."),
        "down": (503, "Service unavailable."),
        "permission_denied": (403, "You do not have permission to do this."),
        "token_expiry": (401, "Could not authenticate user."),
    }[kind]
    return status, says(message), {}
