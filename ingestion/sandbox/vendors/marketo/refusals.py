"""What Marketo answers on a bad day, by the fault's kind: status 200 and a code in the body."""

from typing import Any

from ingestion.sandbox.vendor import Reply

REQUEST_ID = "e42b#14272d07d78"


def failure(code: int, message: str) -> dict[str, Any]:
    """An error as the body of an answer."""
    return {
        "requestId": REQUEST_ID,
        "success": False,
        "warnings": [],
        "errors": [{"code": str(code), "message": message}],
    }


def refusal(kind: str, wait: str) -> Reply:
    codes = {
        "rate_limit": (606, "Max rate limit '100' exceeded with in '20' secs"),
        "quota_exhausted": (607, "Daily quota reached"),
        "permission_denied": (603, "Access denied"),
        "server_error": (611, "System error"),
        "down": (608, "API Temporarily Unavailable"),
    }
    return 200, failure(*codes[kind]), {}
