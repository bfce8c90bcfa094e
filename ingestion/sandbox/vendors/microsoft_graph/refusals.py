"""What Microsoft Graph answers when it refuses: a code and a message, with an id for support."""

import uuid
from typing import Any

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.vendor import Reply

NOT_THERE = "The specified object was not found in the store."


def error_body(code: str, message: str) -> dict[str, Any]:
    request_id = str(uuid.uuid4())
    return {
        "error": {
            "code": code,
            "message": message,
            "innerError": {
                "date": "2026-11-18T10:00:00",
                "request-id": request_id,
                "client-request-id": request_id,
            },
        }
    }


def refused(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> VendorError:
    return VendorError(status, error_body(code, message), headers=headers)


def not_there() -> VendorError:
    return refused(404, "ErrorItemNotFound", NOT_THERE)


def state_is_over() -> VendorError:
    message = "The sync state generation is not found; continue with a full synchronization."
    return refused(410, "syncStateNotFound", message)


def refusal(kind: str, wait: str) -> Reply:
    return {
        "rate_limit": (
            429,
            error_body("ApplicationThrottled", "Application is over its MailboxConcurrency limit."),
            {"Retry-After": wait},
        ),
        "quota_exhausted": (
            429,
            error_body("TooManyRequests", "Too many requests"),
            {"Retry-After": "86400"},
        ),
        "permission_denied": (
            403,
            error_body("Authorization_RequestDenied", "Insufficient privileges."),
            {},
        ),
        "server_error": (500, error_body("InternalServerError", "An error has occurred."), {}),
        "down": (
            503,
            error_body("serviceNotAvailable", "The service is temporarily unavailable."),
            {},
        ),
    }[kind]


def not_found(status: int) -> Any:
    return error_body("BadRequest", "Resource not found for the segment.")
