"""What Dataverse answers on a bad day, by the fault's kind, and the form of its errors."""

from typing import Any

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.vendor import Reply


def error_body(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def refused(code: str, message: str, status: int = 400) -> VendorError:
    return VendorError(status, error_body(code, message))


def refusal(kind: str, wait: str) -> Reply:
    return {
        "rate_limit": (
            429,
            error_body(
                "0x80072322",
                "Number of requests exceeded the limit of 6000 over time window of 300 seconds.",
            ),
            {"Retry-After": wait},
        ),
        "quota_exhausted": (
            429,
            error_body(
                "0x80072321",
                "Combined execution time of incoming requests exceeded limit of 1,200,000 "
                "milliseconds over time window of 300 seconds. Decrease number of concurrent "
                "requests or reduce the duration of requests and try again later.",
            ),
            {"Retry-After": "86400"},
        ),
        "permission_denied": (
            403,
            error_body(
                "0x80040220",
                "Principal user is missing a privilege that this operation needs, with access "
                "level ReadAccess.",
            ),
            {},
        ),
        "server_error": (500, error_body("0x80040216", "An unexpected error occurred."), {}),
        "down": (503, error_body("0x80060307", "The service is temporarily unavailable."), {}),
    }[kind]


def not_found(status: int) -> Any:
    return error_body("0x8006088a", "Resource not found for the segment.")
