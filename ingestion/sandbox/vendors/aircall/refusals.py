"""What Aircall answers when it refuses: an error and a hint."""

import time
from typing import Any

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.vendor import Reply
from ingestion.sandbox.vendors.aircall.limits import CALLS


def says(message: str, hint: str) -> dict[str, str]:
    return {"error": message, "troubleshoot": hint}


def error(status: int, message: str, hint: str) -> VendorError:
    return VendorError(status, says(message, hint))


def not_found(status: int) -> Any:
    return says("Not Found", "The requested path does not exist")


def refusal(kind: str, wait: str) -> Reply:
    """Reply to a fault. When the minute's calls are used up, a header says when it is over."""
    limited = (
        429,
        says("Too Many Requests", "The limit of requests a minute is reached"),
        {
            "x-aircallapi-limit": str(CALLS),
            "x-aircallapi-remaining": "0",
            "x-aircallapi-reset": str(int(time.time() + float(wait) + 1)),
        },
    )
    return {
        "rate_limit": limited,
        "quota_exhausted": limited,
        "token_expiry": (401, says("Unauthorized", "Check your API id and token"), {}),
        "permission_denied": (403, says("Forbidden", "The API key may not do this"), {}),
        "server_error": (500, says("Internal Server Error", "Try again later"), {}),
        "down": (503, says("Service Unavailable", "Try again later"), {}),
    }[kind]
