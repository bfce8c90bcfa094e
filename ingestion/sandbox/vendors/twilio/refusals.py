"""What Twilio answers when it refuses: an error in its own form, with a number of its own."""

from typing import Any

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.vendor import Reply


def says(status: int, code: int, message: str) -> dict[str, Any]:
    return {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def error(status: int, code: int, message: str) -> VendorError:
    return VendorError(status, says(status, code, message))


def not_found(status: int) -> Any:
    return says(status, 20404, "The requested resource was not found")


def refusal(kind: str, wait: str) -> Reply:
    """Reply to a fault. Concurrency is what Twilio limits: it knows no quota of a day."""
    limited = (429, says(429, 20429, "Too Many Requests"), {"Retry-After": wait})
    return {
        "rate_limit": limited,
        "quota_exhausted": limited,
        "token_expiry": (401, says(401, 20003, "Authenticate"), {}),
        "permission_denied": (403, says(403, 20403, "Forbidden"), {}),
        "server_error": (500, says(500, 20500, "An internal server error has occurred"), {}),
        "down": (503, says(503, 20503, "Service Unavailable"), {}),
    }[kind]
