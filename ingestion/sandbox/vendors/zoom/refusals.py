"""What Zoom answers when it refuses: a code and a message; limits tell their kind in headers."""

from typing import Any

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.vendor import Reply

# Calls a second by category, as a Business account has them; a Pro account has 10 and 20.
LIMITS = {"Heavy": 40, "Medium": 60}


def says(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "message": message}


def error(status: int, code: int, message: str) -> VendorError:
    return VendorError(status, says(code, message))


def not_found(status: int) -> Any:
    return says(status, "The requested path does not exist")


def limit_headers(category: str) -> dict[str, str]:
    """What every reply says of the limit that holds for its kind of call."""
    limit = LIMITS[category]
    return {
        "X-RateLimit-Category": category,
        "X-RateLimit-Type": "Per-second-limit",
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(limit - 1),
    }


def refusal(kind: str, wait: str) -> Reply:
    """Reply to a fault. A day's limit ends at midnight UTC: Retry-After is then that instant."""
    return {
        "rate_limit": (
            429,
            says(429, "You have reached the maximum per-second rate limit for this API."),
            {"Retry-After": wait, "X-RateLimit-Type": "Per-second-limit"},
        ),
        "quota_exhausted": (
            429,
            says(429, "You have reached the maximum daily rate limit for this API."),
            {"Retry-After": "2099-01-01T00:00:00Z", "X-RateLimit-Type": "Daily-limit"},
        ),
        "permission_denied": (
            400,
            says(4711, "Invalid access token, does not contain scopes:[…]."),
            {},
        ),
        "server_error": (500, says(500, "Internal server error."), {}),
        "down": (503, says(503, "Service unavailable."), {}),
    }[kind]
