"""What Google answers when it refuses: a code, a status in words and a reason."""

from typing import Any

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.vendor import Reply

STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
NOT_THERE = "Requested entity was not found."


def error_body(
    code: int, reason: str, message: str, *, domain: str = "global", status: str | None = None
) -> dict[str, Any]:
    return {
        "error": {
            "code": code,
            "message": message,
            "errors": [{"message": message, "domain": domain, "reason": reason}],
            "status": status or STATUSES[code],
        }
    }


def refused(code: int, reason: str, message: str, *, status: str | None = None) -> VendorError:
    return VendorError(code, error_body(code, reason, message, status=status))


def not_there() -> VendorError:
    return refused(404, "notFound", NOT_THERE)


def too_fast(code: int, reason: str, message: str) -> dict[str, Any]:
    return error_body(code, reason, message, domain="usageLimits")


def refusal(kind: str, wait: str) -> Reply:
    """Reply to a fault: a user's rate is told with 403, a project's day with 403 as well."""
    return {
        "rate_limit": (
            403,
            too_fast(403, "userRateLimitExceeded", "User-rate limit exceeded."),
            {"Retry-After": wait},
        ),
        "quota_exhausted": (
            403,
            too_fast(403, "dailyLimitExceeded", "Daily Limit Exceeded"),
            {},
        ),
        "permission_denied": (
            403,
            error_body(403, "insufficientPermissions", "Insufficient Permission"),
            {},
        ),
        "server_error": (500, error_body(500, "backendError", "Internal error encountered."), {}),
        "down": (
            503,
            error_body(503, "backendError", "The service is currently unavailable."),
            {},
        ),
    }[kind]


def not_found(status: int) -> Any:
    return error_body(404, "notFound", NOT_THERE)
