"""What LinkedIn answers when it refuses. Over a limit it says which one, never how long to wait."""

from typing import Any

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.vendor import Reply


def says(status: int, code: str, message: str, service_code: int | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"status": status, "code": code, "message": message}
    return body if service_code is None else {**body, "serviceErrorCode": service_code}


def error(status: int, code: str, message: str, service_code: int | None = None) -> VendorError:
    return VendorError(status, says(status, code, message, service_code))


def not_found(status: int) -> Any:
    return says(status, "NOT_FOUND", "Not Found.")


def refusal(kind: str, wait: str) -> Reply:
    """Reply to a fault."""
    throttled = (
        "Resource level throttle APPLICATION {} limit for calls to this resource is reached."
    )
    return {
        "rate_limit": (429, says(429, "TOO_MANY_REQUESTS", throttled.format("MINUTE"), 101), {}),
        "quota_exhausted": (429, says(429, "TOO_MANY_REQUESTS", throttled.format("DAY"), 101), {}),
        "permission_denied": (
            403,
            says(403, "ACCESS_DENIED", "Not enough permissions to access the resource.", 100),
            {},
        ),
        "server_error": (500, says(500, "INTERNAL_SERVER_ERROR", "Internal Server Error"), {}),
        "down": (503, says(503, "SERVICE_UNAVAILABLE", "Service Unavailable"), {}),
    }[kind]
