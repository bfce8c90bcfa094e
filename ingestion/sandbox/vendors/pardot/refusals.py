"""What Account Engagement answers on a bad day: its own codes, whatever the HTTP status says."""

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.vendor import Reply

CONCURRENCY_EXCEEDED = 66
NOT_ALLOWED = 46
DAILY_LIMIT_MET = 122
INTERNAL_ERROR = 183


def says(code: int, message: str) -> dict[str, str | int]:
    return {"code": code, "message": message}


def error(code: int, message: str, *, status: int = 400) -> VendorError:
    return VendorError(status, says(code, message))


def too_many_at_once() -> VendorError:
    """An error body with status 200."""
    return error(
        CONCURRENCY_EXCEEDED, "You have exceeded your concurrent request limit", status=200
    )


def day_is_over() -> VendorError:
    return error(DAILY_LIMIT_MET, "Daily API rate limit met", status=429)


def refusal(kind: str, wait: str) -> Reply:
    if kind == "rate_limit":
        refused = too_many_at_once()
    elif kind == "quota_exhausted":
        refused = day_is_over()
    elif kind == "permission_denied":
        refused = error(NOT_ALLOWED, "You do not have permission to do this", status=403)
    elif kind == "server_error":
        refused = error(
            INTERNAL_ERROR, "An internal error occurred, please try your request again", status=500
        )
    else:
        refused = error(INTERNAL_ERROR, "Service is down for maintenance", status=503)
    return refused.status, refused.body, refused.headers
