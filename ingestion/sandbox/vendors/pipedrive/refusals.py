"""What Pipedrive answers on a bad day, by the fault's kind."""

from typing import Any

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.vendor import Reply

HELP = "Please check developers.pipedrive.com"


def body(message: str, status: int) -> dict[str, Any]:
    return {"success": False, "error": message, "errorCode": status, "error_info": HELP}


def error(status: int, message: str) -> VendorError:
    return VendorError(status, body(message, status))


def refusal(kind: str, wait: str) -> Reply:
    """A spent burst tells when it resets; a spent daily budget comes back at midnight."""
    return {
        "rate_limit": (
            429,
            body("Rate limit exceeded", 429),
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": wait},
        ),
        "quota_exhausted": (
            429,
            body("Daily token budget exceeded", 429),
            {"x-daily-ratelimit-token-remaining": "0", "retry-after": "3"},
        ),
        "token_expiry": (401, body("unauthorized access", 401), {}),
        "permission_denied": (403, body("Scope and URL mismatch", 403), {}),
        "server_error": (500, body("Internal server error", 500), {}),
        "down": (503, body("Service unavailable", 503), {}),
    }[kind]
